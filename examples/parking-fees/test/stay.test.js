import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, minutesOf } from '../src/stay.js';

const at = (time) => new Date(`2026-03-02T${time}Z`);

test('counts a minute that has begun', () => {
  assert.equal(minutesOf({ entry: at('09:00:00'), exit: at('09:10:00') }), 10);
  assert.equal(minutesOf({ entry: at('09:00:00'), exit: at('09:10:01') }), 11);
});

test('refuses an exit before the entry', () => {
  assert.throws(() => minutesOf({ entry: at('09:00:00'), exit: at('08:59:59') }), RangeError);
});

test('describes a stay without the units that are zero', () => {
  assert.equal(describe(0), '0 min');
  assert.equal(describe(59), '59 min');
  assert.equal(describe(60), '1 h');
  assert.equal(describe(1565), '1 d 2 h 5 min');
});

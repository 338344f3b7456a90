import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TARIFFS, tariffFor } from '../src/tariff.js';

const entry = (time) => new Date(`2026-03-02T${time}Z`);

test('applies the standard tariff by day', () => {
  assert.equal(tariffFor({ entry: entry('06:00') }), TARIFFS.standard);
  assert.equal(tariffFor({ entry: entry('17:59') }), TARIFFS.standard);
});

test('applies the evening tariff from six to six', () => {
  assert.equal(tariffFor({ entry: entry('18:00') }), TARIFFS.evening);
  assert.equal(tariffFor({ entry: entry('05:59') }), TARIFFS.evening);
});

test('gives residents their own tariff at any hour', () => {
  assert.equal(tariffFor({ entry: entry('12:00'), resident: true }), TARIFFS.resident);
});

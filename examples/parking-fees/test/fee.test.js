import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discount, feeFor } from '../src/fee.js';
import { TARIFFS } from '../src/tariff.js';

const { standard, resident } = TARIFFS;
const HOUR = 60;
const DAY = 24 * HOUR;

test('a stay within the free minutes costs nothing', () => {
  assert.equal(feeFor(0, standard), 0);
  assert.equal(feeFor(15, standard), 0);
});

test('each hour that has begun is charged', () => {
  assert.equal(feeFor(16, standard), 250);
  assert.equal(feeFor(HOUR, standard), 250);
  assert.equal(feeFor(HOUR + 1, standard), 500);
});

test('a day costs no more than the cap', () => {
  assert.equal(feeFor(7 * HOUR, standard), 1750);
  assert.equal(feeFor(8 * HOUR, standard), 1800);
  assert.equal(feeFor(23 * HOUR, resident), 500);
});

test('full days cost the cap each', () => {
  assert.equal(feeFor(DAY, standard), 1800);
  assert.equal(feeFor(3 * DAY, resident), 1500);
});

test('after a full day the hours are counted anew', () => {
  assert.equal(feeFor(DAY + 2 * HOUR, standard), 1800 + 500);
  assert.equal(feeFor(2 * DAY + 30, standard), 3600 + 250);
  assert.equal(feeFor(DAY + 20 * HOUR, standard), 3600);
});

test('a discount is rounded in the favour of the driver', () => {
  assert.equal(discount(255, 10), 229);
  assert.equal(discount(255, 0), 255);
  assert.throws(() => discount(255, 101), RangeError);
});

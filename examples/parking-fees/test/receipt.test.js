import assert from 'node:assert/strict';
import { test } from 'node:test';
import { euros, receipt } from '../src/receipt.js';

const at = (time) => new Date(`2026-03-${time}Z`);

test('names the stay, the tariff and what is to pay', () => {
  assert.equal(
    receipt({ entry: at('02T09:00'), exit: at('02T10:30') }),
    'Parked for 1 h 30 min\nTariff Standard\nTo pay 5.00 EUR',
  );
});

test('shows a discount only when there is one', () => {
  const stay = { entry: at('02T09:00'), exit: at('02T10:00'), discountPercent: 10 };
  assert.match(receipt(stay), /^Discount 0\.25 EUR$/m);
  assert.doesNotMatch(receipt({ ...stay, discountPercent: 0 }), /Discount/);
});

test('writes amounts with two digits of cents', () => {
  assert.equal(euros(5), '0.05 EUR');
  assert.equal(euros(1800), '18.00 EUR');
});

import { describe, expect, test } from '@jest/globals';
import { isAllowedHost, isPublicAddress } from './address-policy.ts';

describe('isPublicAddress', () => {
  test.each([
    '127.0.0.1',
    '127.255.0.3',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.254',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::10.0.0.1',
    '2002:7f00:1::',
    '::127.0.0.1',
    'localhost',
    '127.1',
    '',
  ])('%s is refused', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each([
    '1.1.1.1',
    '100.63.0.1',
    '172.32.0.1',
    '192.0.2.7',
    '198.51.100.9',
    '203.0.113.80',
    '2606:4700::1111',
    '2001:db8::1',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('isAllowedHost', () => {
  test('a name stands for itself, whatever its case and its final dot', () => {
    expect(isAllowedHost('Registry.Example.org.', ['registry.example.org'])).toBe(true);
    expect(isAllowedHost('evil-registry.example.org', ['registry.example.org'])).toBe(false);
  });

  test('a star stands for names below, never for the name itself or one that merely ends so', () => {
    expect(isAllowedHost('a.b.example.org', ['*.example.org'])).toBe(true);
    expect(isAllowedHost('example.org', ['*.example.org'])).toBe(false);
    expect(isAllowedHost('notexample.org', ['*.example.org'])).toBe(false);
  });
});

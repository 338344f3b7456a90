import { describe, expect, test } from '@jest/globals';
import { isInternalAddress } from './internal-address.ts';

describe('isInternalAddress', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.254',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.19.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::1',
    '2001:0:1::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '127.1',
    'not an address',
    '',
  ])('says yes to "%s"', (address) => expect(isInternalAddress(address)).toBe(true));

  test.each([
    '1.1.1.1',
    '100.63.0.1',
    '172.32.0.1',
    '192.0.2.1',
    '198.51.100.9',
    '203.0.113.9',
    '2606:4700::1111',
    '2001:db8::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('has nothing against %s', (address) => expect(isInternalAddress(address)).toBe(false));
});

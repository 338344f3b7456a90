import { describe, expect, test } from '@jest/globals';
import { isNamed, parseAllowList, resolvePermitted } from './address-guard.ts';

describe('the allow-list', () => {
  const allow = parseAllowList('Prometheus.lan:9090, 10.1.0.0/16,[fd00::7]:443 ,localhost');

  test.each([
    ['prometheus.lan', 9090, true],
    ['prometheus.lan', 80, false],
    ['a.prometheus.lan', 9090, false],
    ['10.1.255.1', 80, true],
    ['10.2.0.1', 80, false],
    ['[fd00::7]', 443, true],
    ['[fd00::7]', 80, false],
    ['localhost', 1, true],
    ['localhost.', 1, true],
  ])('for %s at port %i says %s', (host, port, named) => expect(isNamed(host, port, allow)).toBe(named));

  test.each(['10.0.0.0/33', '10.0.0/8', 'a b', 'host:port', '*', '1.2.3', '10.0.0.0/8/8', 'http://x'])(
    'refuses the entry "%s" and names it',
    (entry) => expect(() => parseAllowList(`localhost,${entry}`)).toThrow(entry),
  );
});

describe('resolvePermitted', () => {
  test.each(['127.0.0.1', '[::1]', 'localhost', '169.254.169.254', '[::ffff:127.0.0.1]'])(
    'refuses %s',
    async (host) => {
      await expect(resolvePermitted(host, 80, [])).rejects.toMatchObject({
        reason: 'ADDRESS_REFUSED',
        next: expect.stringContaining('LOOM_CONNECTORS_HTTP_ALLOW'),
      });
    },
  );

  test('gives the address of a name that the operator has allowed, at that port only', async () => {
    const allow = parseAllowList('localhost:8080');
    const [address] = await resolvePermitted('localhost', 8080, allow);
    expect(['127.0.0.1', '::1']).toContain(address?.address);
    await expect(resolvePermitted('localhost', 8081, allow)).rejects.toMatchObject({ reason: 'ADDRESS_REFUSED' });
    await expect(resolvePermitted('127.0.0.1', 8080, allow)).rejects.toMatchObject({ reason: 'ADDRESS_REFUSED' });
  });

  test('says so when a name does not resolve', async () => {
    await expect(resolvePermitted('nowhere.invalid', 80, [])).rejects.toMatchObject({ reason: 'UNREACHABLE' });
  });
});

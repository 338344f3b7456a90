// Which addresses a sandbox may reach. Only the public internet: whatever a host trusts because it is near stays out of reach.
import { BlockList, isIP, isIPv6 } from 'node:net';

const refused = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  refused.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  refused.addSubnet(network, prefix, 'ipv6');
}

/** Forms of IPv6 that carry an IPv4 address, which then decides: mapped, NAT64 and 6to4. */
const CARRIERS = [
  { prefix: ['0', '0', '0', '0', '0', 'ffff'], at: 6 },
  { prefix: ['64', 'ff9b', '0', '0', '0', '0'], at: 6 },
  { prefix: ['2002'], at: 1 },
];

/** True for an address of the public internet. Documentation ranges count as public: they lead nowhere near. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  if (!isIPv6(address)) return !refused.check(address, 'ipv4');
  const groups = expand(address);
  for (const { prefix, at } of CARRIERS) {
    if (prefix.every((group, index) => groups[index] === group)) {
      const [high = 0, low = 0] = groups.slice(at, at + 2).map((group) => Number.parseInt(group, 16));
      return isPublicAddress([high >> 8, high & 255, low >> 8, low & 255].join('.'));
    }
  }
  return !refused.check(address, 'ipv6');
}

/** Eight groups of lower-case hexadecimal without leading zeros. */
function expand(address: string): string[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = '', right] = canonical.split('::');
  const start = left === '' ? [] : left.split(':');
  const end = right === undefined || right === '' ? [] : right.split(':');
  return [...start, ...Array<string>(8 - start.length - end.length).fill('0'), ...end];
}

/** Whether a host name is on the list; `*.example.org` stands for every name below example.org, not for itself. */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return allowed.some((entry) => {
    const wanted = entry.toLowerCase();
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) : name === wanted;
  });
}

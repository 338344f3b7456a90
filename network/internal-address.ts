// Which addresses are near: this machine, its networks, and what is reserved. Everything that reaches out on somebody else's word
// (a sandboxed command, a connector) refuses them, after resolving the name and before connecting to that very address.
import { BlockList, isIP, isIPv6 } from 'node:net';

// IANA special-purpose registries: this host, private and shared networks, link-local (with the clouds' metadata services),
// benchmarking, multicast and reserved. Documentation ranges are left out: nothing answers there.
const REFUSED_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
const REFUSED_IPV6 = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

const refused = new BlockList();
for (const [net, prefix] of REFUSED_IPV4) {
  refused.addSubnet(net, prefix, 'ipv4');
  // The same networks as they look inside IPv6: mapped addresses and the well-known NAT64 prefix.
  refused.addSubnet(`::ffff:${net}`, 96 + prefix, 'ipv6');
  refused.addSubnet(`64:ff9b::${net}`, 96 + prefix, 'ipv6');
}
for (const [net, prefix] of REFUSED_IPV6) refused.addSubnet(net, prefix, 'ipv6');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether an address belongs to this machine, its networks or a reserved range. An address with a zone always does. */
export const isInternalAddress = (address: string): boolean =>
  isIP(address) === 0 || address.includes('%') || refused.check(address, familyOf(address));

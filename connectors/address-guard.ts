// Decides which addresses an outgoing request may connect to. The caller connects to the very addresses returned here and
// never resolves the name again, so a name that changes its mind in between (DNS rebinding) gains nothing.
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { isInternalAddress } from '../network/internal-address.ts';
import { LoomError } from '../domain/errors.ts';
import { ConnectorFailure } from './failure.ts';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** One permission to reach something internal. */
interface Permission {
  /** Null: every port. */
  readonly port: number | null;
  readonly covers: (host: string, address: string) => boolean;
}

export type AllowList = readonly Permission[];

/**
 * Reads entries separated by commas: a host name, an address or a network (`10.1.0.0/16`), each with an optional port
 * (`prometheus.lan:9090`, `[fd00::7]:443`). A name permits whatever address it has when it is used.
 * @throws LoomError CONFIG_INVALID
 */
export const parseAllowList = (text: string): AllowList =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parsePermission);

function parsePermission(entry: string): Permission {
  const groups = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<v4>[^:[\]]+))(?::(?<port>\d{1,5}))?$/i.exec(entry)?.groups;
  const target = groups === undefined ? entry : (groups['v6'] ?? groups['v4'] ?? '');
  const port = groups?.['port'] === undefined ? null : Number(groups['port']);
  const [net = '', prefix, ...rest] = target.split('/');
  if (isIP(net) !== 0 && rest.length === 0) {
    const bits = prefix === undefined ? (isIPv6(net) ? 128 : 32) : Number(prefix);
    if (prefix === undefined || (/^\d+$/.test(prefix) && bits <= (isIPv6(net) ? 128 : 32))) {
      const list = new BlockList();
      list.addSubnet(net, bits, familyOf(net));
      return { port, covers: (_, address) => isIP(address) !== 0 && list.check(address, familyOf(address)) };
    }
  }
  if (!/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9])?$/i.test(target) || isIP(net) !== 0 || /^[\d.]+$/.test(target)) {
    throw new LoomError(
      'CONFIG_INVALID',
      `LOOM_CONNECTORS_HTTP_ALLOW has the entry "${entry}", which is no host name, address or network`,
      'Write for instance prometheus.lan:9090,10.1.0.0/16,[fd00::7]:443.',
    );
  }
  return { port, covers: (host) => host === target.toLowerCase() };
}

/** Without the brackets of an IPv6 address and the dot at the end of a fully qualified name. */
const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

const permits = (allow: AllowList, host: string, port: number, address: string): boolean =>
  allow.some((entry) => (entry.port === null || entry.port === port) && entry.covers(host, address));

/** Whether the operator has allowed the host as it is written, by name or by address. */
export const isNamed = (hostname: string, port: number, allow: AllowList): boolean =>
  permits(allow, bare(hostname), port, bare(hostname));

/**
 * The addresses that a request to this host may connect to.
 * @param hostname As in a parsed URL: lower case, an IPv6 address in brackets.
 * @throws ConnectorFailure ADDRESS_REFUSED when one of its addresses is internal and not permitted, UNREACHABLE when the
 * name does not resolve.
 */
export async function resolvePermitted(hostname: string, port: number, allow: AllowList): Promise<LookupAddress[]> {
  const host = bare(hostname);
  const addresses = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new ConnectorFailure('UNREACHABLE', {
      what: `${host} was not contacted`,
      why: `its name does not resolve (${cause instanceof Error ? cause.message : String(cause)})`,
      next: 'Check the name, and the name service of the machine that runs the connectors.',
      cause,
    });
  });
  const internal = addresses.find(({ address }) => isInternalAddress(address) && !permits(allow, host, port, address));
  if (internal !== undefined) {
    throw new ConnectorFailure('ADDRESS_REFUSED', {
      what: `${host}:${port} was not contacted`,
      why: `${internal.address} is a loopback, link-local, private or reserved address`,
      next: `If Loom may reach it, the operator adds ${host}:${port} to LOOM_CONNECTORS_HTTP_ALLOW.`,
    });
  }
  return addresses;
}

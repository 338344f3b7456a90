// Hosts, as they report themselves, and the two commands that they take.
import { z } from 'zod';
import { commandHost } from '../../client/hosts.ts';
import type { TemporalClient } from '../../client/temporal.ts';
import { LoomError } from '../../domain/errors.ts';
import { type HostCommand, hostsMeantBy } from '../../domain/host.ts';
import type { Database } from '../../store/database.ts';
import { type Host, listHosts } from '../../store/hosts.ts';
import { type Route, route } from '../route.ts';
import { commandedHostSchema, hostListSchema, hostSchema } from '../schemas/hosts.ts';
import { text } from '../schemas/text.ts';

export interface HostDependencies {
  readonly database: Database;
  readonly temporal: TemporalClient;
  readonly instance: string;
}

/** Fleets are of tens or hundreds of hosts; those that have gone are forgotten after a day. */
const MAX_HOSTS = 2_000;
/** So many are named to whoever meant one of them. */
const MAX_NAMED = 10;

const hostParams = z.object({
  id: text(120).min(1).describe('Id, name, or the beginning of an id that is unique.'),
});

export function hostRoutes({ database, temporal, instance }: HostDependencies): readonly Route[] {
  const find = async (given: string): Promise<Host> => {
    const hosts = await listHosts(database, MAX_HOSTS);
    const meant = hostsMeantBy(given, hosts);
    const [host, ...others] = meant;
    if (host === undefined) {
      throw new LoomError(
        'NOT_FOUND',
        `There is no host ${given}`,
        'List the hosts with `loomctl host list`; one that was stopped in order has left.',
      );
    }
    if (others.length > 0) {
      const named = meant.slice(0, MAX_NAMED).map(({ id, state }) => `${id} (${state})`);
      const more = meant.length > MAX_NAMED ? ` and ${meant.length - MAX_NAMED} more` : '';
      throw new LoomError(
        'CONFLICT',
        `${given} may be one of ${meant.length} hosts: ${named.join(', ')}${more}`,
        'Name one of them by more of its id.',
      );
    }
    return host;
  };

  const commandRoute = (command: HostCommand, summary: string, description: string): Route =>
    route({
      method: 'post',
      path: `/hosts/{id}/${command}`,
      summary,
      description,
      params: hostParams,
      responses: { 200: { description: 'Where the host stands now.', schema: commandedHostSchema } },
      async handle({ params }) {
        const { id, name, state, lastSeenAt } = await find(params.id);
        if (state === 'gone') {
          throw new LoomError(
            'CONFLICT',
            `Host ${id} is gone: it was last heard of at ${lastSeenAt}`,
            'Nothing to do: its runs move to other hosts by themselves. If its process still runs, look at its log.',
          );
        }
        return { status: 200, body: { id, name, ...(await commandHost(temporal, { instance, hostId: id, command })) } };
      },
    });

  return [
    route({
      method: 'get',
      path: '/hosts',
      summary: 'List hosts by name',
      responses: { 200: { description: 'All hosts of the last day.', schema: hostListSchema } },
      handle: async () => ({ status: 200, body: { hosts: await listHosts(database, MAX_HOSTS) } }),
    }),
    route({
      method: 'get',
      path: '/hosts/{id}',
      summary: 'Get a host',
      description: '409 where the beginning of an id, or a name, fits several.',
      params: hostParams,
      responses: { 200: { description: 'The host.', schema: hostSchema } },
      handle: async ({ params: { id } }) => ({ status: 200, body: await find(id) }),
    }),
    commandRoute(
      'drain',
      'Have a host take nothing more and give back what it holds',
      'Runs go on at other hosts from their last checkpoint, gates in flight come to their end, and the process stays up. Idempotent. 503 where the host does not answer.',
    ),
    commandRoute(
      'resume',
      'Have a host take work again',
      'It does as soon as what it held before has ended. Idempotent. 503 where the host does not answer.',
    ),
  ];
}

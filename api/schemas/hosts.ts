// Public shapes of hosts. They only grow.
import { z } from 'zod';
import { HOST_PRESENCES, HOST_STATES } from '../../domain/host.ts';

export const hostSchema = z
  .object({
    id: z.string().describe('Unique to one life of the host; begins with its name.'),
    name: z.string(),
    state: z
      .enum(HOST_PRESENCES)
      .describe(
        '`ready` takes work, `draining` gives back what it holds, `drained` has given everything back, `gone` has not been heard of for 35 s.',
      ),
    fleets: z.array(z.string()).readonly(),
    slots: z.int().describe('Runs, or gates, at a time for each fleet.'),
    leases: z.int().describe('Runs that it holds, by its own account.'),
    gates: z.int().describe('Checks of candidates that it carries out now.'),
    runs: z
      .array(z.object({ beadId: z.string(), runId: z.string(), title: z.string() }))
      .readonly()
      .describe('What it holds by the leases.'),
    memoryMb: z.int().describe('Memory of the machine, or of the cgroup that the host may use.'),
    confined: z.boolean().describe('Whether the commands of agents run in the sandbox.'),
    providers: z.array(z.string()).readonly().describe('Providers whose turns it serves itself.'),
    version: z.string(),
    note: z.string().nullable().describe('Why it takes less than it was told to.'),
    startedAt: z.string(),
    lastSeenAt: z.string(),
  })
  .meta({ id: 'Host' });

export const hostListSchema = z.object({ hosts: z.array(hostSchema).readonly() }).meta({ id: 'HostList' });

export const commandedHostSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(HOST_STATES),
    leases: z.int().describe('What it still has to give back, where it drains.'),
    gates: z.int().describe('What it still carries to the end, where it drains.'),
  })
  .meta({ id: 'CommandedHost' });

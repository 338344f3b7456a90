// What a host is to everybody else. Invariant: a host's state is what it says of itself; that it is gone is concluded from its
// silence, and never written down.

/** `draining` takes nothing new and gives back what it holds; `drained` has given everything back. */
export const HOST_STATES = ['ready', 'draining', 'drained'] as const;
export type HostState = (typeof HOST_STATES)[number];

/** As others see it: a host that has not been heard of for `HOST_GONE_AFTER_SECONDS` is `gone`, whatever it said last. */
export const HOST_PRESENCES = [...HOST_STATES, 'gone'] as const;
export type HostPresence = (typeof HOST_PRESENCES)[number];

export const HOST_REPORT_EVERY_MS = 10_000;
/** Three reports and a half: a hub that is restarted makes no host gone. */
export const HOST_GONE_AFTER_SECONDS = 35;

/** What a host tells the hub, every `HOST_REPORT_EVERY_MS` and whenever it changes. */
export interface HostReport {
  readonly name: string;
  readonly state: HostState;
  readonly fleets: readonly string[];
  /** Leases, or gates, at a time for each fleet; may be less than it was told to take, and `note` then says why. */
  readonly slots: number;
  readonly leases: number;
  readonly gates: number;
  /** Of the machine, or of the cgroup that it may use. */
  readonly memoryMb: number;
  /** Whether the commands of agents run in the sandbox. */
  readonly confined: boolean;
  /** Providers whose turns it serves itself. */
  readonly providers: readonly string[];
  readonly version: string;
  readonly note: string | null;
}

export const HOST_COMMANDS = ['drain', 'resume'] as const;
export type HostCommand = (typeof HOST_COMMANDS)[number];

/** Where the host stands once it has obeyed. */
export interface HostAnswer {
  readonly state: HostState;
  readonly leases: number;
  readonly gates: number;
}

export interface HostCommandActivities {
  /** Served on the host's control queue. Idempotent: a host that drains is not made to drain again. */
  obeyCommand(input: { readonly command: HostCommand }): Promise<HostAnswer>;
}

interface Known {
  readonly id: string;
  readonly name: string;
  readonly state: HostPresence;
}

/**
 * The hosts that a person may mean by an id, a name or the beginning of an id: one is what was meant, several are a question.
 * An id that is given in full means itself; else those that live come before those that are gone.
 */
export function hostsMeantBy<Host extends Known>(given: string, hosts: readonly Host[]): readonly Host[] {
  const exact = hosts.find(({ id }) => id === given);
  if (exact !== undefined) return [exact];
  const named = hosts.filter(({ name }) => name === given);
  const fitting = named.length > 0 ? named : hosts.filter(({ id }) => given !== '' && id.startsWith(given));
  const living = fitting.filter(({ state }) => state !== 'gone');
  return living.length > 0 ? living : fitting;
}

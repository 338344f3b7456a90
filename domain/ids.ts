// The only place where ids are built, so that every process finds the same entity under the same name.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A short readable id such as `bd-7k3f9q2m4x`. `random` supplies at least 10 bytes, of which 50 bits are used. */
export function entityId(kind: 'bd' | 'pj', random: Uint8Array): string {
  let text = '';
  for (const byte of random.subarray(0, 10)) text += ALPHABET[byte % 32];
  return `${kind}-${text}`;
}

export const beadWorkflowId = (beadId: string): string => `bead-${beadId}`;

/** The run with this number of a bead; also the id of its child workflow. */
export const runIdOf = (beadId: string, number: number): string => `run-${beadId}-${number}`;

/** Where the workspace of a run stood after a step. Hosts may write nothing else in the hub. */
export const checkpointRef = (runId: string, step: number): string => `refs/loom/runs/${runId}/${step}`;

/** The commit that a bead proposes to land, kept reachable for the gate. */
export const candidateRef = (beadId: string, attempt: number): string => `refs/loom/candidates/${beadId}/${attempt}`;

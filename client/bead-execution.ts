// Whether a bead has a workflow at all, which is Temporal's to say and nobody else's.
import { errorCode } from '../domain/errors.ts';
import { beadWorkflowId } from '../domain/ids.ts';
import type { TemporalClient } from './temporal.ts';

/** False for one that has ended, was terminated, or that Temporal does not know. @throws UNAVAILABLE */
export async function isBeadRunning(temporal: TemporalClient, beadId: string): Promise<boolean> {
  try {
    const { status } = await temporal.call((client) => client.workflow.getHandle(beadWorkflowId(beadId)).describe());
    return status.name === 'RUNNING';
  } catch (error) {
    if (errorCode(error) === 'NOT_FOUND') return false;
    throw error;
  }
}

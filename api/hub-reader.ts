// What the API shows of repositories comes from the hub, which owns them.
import { LoomError, messageOf } from '../domain/errors.ts';

const DEADLINE_MS = 15_000;

export interface HubReader {
  /** The commit's own change as a unified diff. @throws NOT_FOUND, UNAVAILABLE */
  diff(projectId: string, commit: string): Promise<string>;
}

/** @param hostKey asked for at each call, because the hub may make its key after the API has started. */
export const createHubReader = (url: string, hostKey: () => Promise<string>): HubReader => ({
  async diff(projectId, commit) {
    const address = new URL(`/projects/${encodeURIComponent(projectId)}/diff?to=${encodeURIComponent(commit)}`, url);
    try {
      const response = await fetch(address, {
        headers: { authorization: `Bearer ${await hostKey()}` },
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      if (response.ok) return await response.text();
      const said = (await response.text()).slice(0, 500);
      if (response.status === 404) {
        throw new LoomError('NOT_FOUND', `The hub does not have commit ${commit}: ${said}`, 'Look at the hub log.');
      }
      throw new Error(`it answered ${response.status}: ${said}`);
    } catch (error) {
      if (error instanceof LoomError) throw error;
      throw new LoomError(
        'UNAVAILABLE',
        `The hub at ${url} gave no diff: ${messageOf(error)}`,
        'Check that the hub runs and LOOM_HUB_URL names it, then try again.',
        { cause: error },
      );
    }
  },
});

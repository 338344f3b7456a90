// The REST API of a stack, as a bench uses it.
import { readFile } from 'node:fs/promises';
import { isTerminal, type BeadStatus } from '../domain/bead.ts';
import { LoomError } from '../domain/errors.ts';
import type { Stack } from '../up/stack.ts';

export interface LoomApi {
  get(path: string): Promise<Record<string, unknown>>;
  text(path: string): Promise<string>;
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** True when the bead has ended, false when it has not within that time. */
  untilEnded(beadId: string, withinMs: number): Promise<boolean>;
}

export async function openApi(stack: Stack): Promise<LoomApi> {
  const base = `${stack.endpoints.api}/api/v1`;
  const authorization = `Bearer ${(await readFile(stack.apiKeyFile, 'utf8')).trim()}`;

  async function request(
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const response = await fetch(`${base}${path}`, { ...init, headers: { ...init.headers, authorization } });
    if (!response.ok)
      throw new LoomError(
        'UNAVAILABLE',
        `${path} answered ${response.status}: ${await response.text()}`,
        'Look at the logs of the stack.',
      );
    return response;
  }

  return {
    get: async (path) => (await (await request(path)).json()) as Record<string, unknown>,
    text: async (path) => (await request(path)).text(),
    post: async (path, body) =>
      (await (
        await request(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json()) as Record<string, unknown>,
    async untilEnded(beadId, withinMs) {
      const signal = AbortSignal.timeout(withinMs);
      const isOver = async () =>
        isTerminal(((await (await request(`/beads/${beadId}`)).json()) as { status: BeadStatus }).status);
      try {
        // The stream ends with the bead; where it breaks before, the row tells.
        while (!(await isOver())) {
          const stream = await request(`/events/stream?bead=${beadId}&until=terminal`, { signal });
          await stream.body?.pipeTo(new WritableStream());
        }
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    },
  };
}

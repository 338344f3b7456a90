// An HTTP server that says which port it could not have, and that ends even when clients hold their connections open.
import type { Server } from 'node:http';
import { LoomError } from '../domain/errors.ts';

const CLOSE_GRACE_MS = 3_000;

export interface Listening {
  close(): Promise<void>;
}

/** @throws CONFIG_INVALID for a taken port, naming the variable that changes it. */
export async function listen(
  server: Server,
  at: { readonly port: number; readonly bind: string; readonly variable: string },
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new LoomError(
              'CONFIG_INVALID',
              `Port ${at.port} is taken by another program`,
              `Stop that program, or choose another port with ${at.variable}.`,
              { cause: error },
            )
          : error,
      );
    });
    server.listen(at.port, at.bind, resolve);
  });
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

// What an operator configures for the connectors, beyond where they listen. Read here and not in config/, because each kind
// brings its own and only this process knows them.
import { z } from 'zod';
import { parseAllowList } from './address-guard.ts';
import type { ConnectorSettings } from './registry.ts';
import { parseSecretGrants } from './secret-grants.ts';

/** One entry per variable, in the form of `environmentSchema` in config/, so that both can be documented alike. */
export const connectorsEnvironmentSchema = z.object({
  LOOM_CONNECTORS_HTTP_ALLOW: z
    .string()
    .default('')
    .describe(
      'Internal hosts, addresses and networks that the http connector may reach, separated by commas, each with an ' +
        'optional port: prometheus.lan:9090,10.1.0.0/16,[fd00::7]:443. Without an entry everything internal is refused.',
    ),
  LOOM_CONNECTORS_HTTP_SECRETS: z
    .string()
    .default('')
    .describe(
      'Which secret may be sent to which host, separated by commas: env:GITHUB_TOKEN@api.github.com,' +
        'file:/run/secrets/pager@*.example.com. A secret without an entry is not sent anywhere.',
    ),
});

/** @param env Also where `env:` references are looked up, each time they are used. @throws LoomError CONFIG_INVALID */
export function readConnectorSettings(env: Readonly<Record<string, string | undefined>>): ConnectorSettings {
  const variables = connectorsEnvironmentSchema.parse(env);
  return {
    http: {
      allow: parseAllowList(variables.LOOM_CONNECTORS_HTTP_ALLOW),
      secrets: parseSecretGrants(variables.LOOM_CONNECTORS_HTTP_SECRETS),
      env,
    },
  };
}

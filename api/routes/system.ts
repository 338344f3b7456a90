// What a host, a client or a person needs to know of the installation.
import { type Route, route } from '../route.ts';
import { systemSchema } from '../schemas/system.ts';

export interface SystemFacts {
  readonly version: string;
  readonly instance: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly hub: { readonly url: string };
  readonly hostKey: () => Promise<string>;
}

export const systemRoutes = ({ hostKey, ...facts }: SystemFacts): readonly Route[] => [
  route({
    method: 'get',
    path: '/system',
    summary: 'Get versions and addresses, and what a joining host needs',
    responses: { 200: { description: 'The installation.', schema: systemSchema } },
    handle: async () => ({ status: 200, body: { ...facts, hostKey: await hostKey() } }),
  }),
];

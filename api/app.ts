// The REST API as an Express app: nothing is served that is not declared as a route, and nothing fails but as a problem document.
import express, { type Express, type RequestHandler } from 'express';
import { LoomError } from '../domain/errors.ts';
import { authenticate } from './middleware/authenticate.ts';
import { MethodNotAllowed, problems } from './middleware/problems.ts';
import { openApiDocument } from './openapi.ts';
import { type Route, checkedInput } from './route.ts';
import { type BeadDependencies, beadRoutes } from './routes/beads.ts';
import { type EventDependencies, eventRoutes } from './routes/events.ts';
import { type HealthDependencies, healthRoutes } from './routes/health.ts';
import { type HostDependencies, hostRoutes } from './routes/hosts.ts';
import { type ProjectDependencies, projectRoutes } from './routes/projects.ts';
import { runRoutes } from './routes/runs.ts';
import { type StatusDependencies, statusRoutes } from './routes/status.ts';
import { type SystemFacts, systemRoutes } from './routes/system.ts';

const BODY_LIMIT = '1mb';
const API_PREFIX = '/api/v1';

export interface ApiDependencies
  extends
    BeadDependencies,
    EventDependencies,
    HealthDependencies,
    HostDependencies,
    ProjectDependencies,
    StatusDependencies {
  readonly system: SystemFacts;
  readonly key: string;
  readonly log: (line: string) => void;
}

export function createApp(dependencies: ApiDependencies): Express {
  const { key, log, system } = dependencies;
  const routes = [
    ...projectRoutes(dependencies),
    ...beadRoutes(dependencies),
    ...runRoutes(dependencies),
    ...eventRoutes(dependencies),
    ...hostRoutes(dependencies),
    ...statusRoutes(dependencies),
    ...systemRoutes(system),
    ...healthRoutes(dependencies),
  ];
  const app = express();
  app.disable('x-powered-by');
  // Flat keys only: `?a[b]=1` is then a wrong name and not a surprise of nested objects.
  app.set('query parser', 'simple');

  const document = openApiDocument(routes, { version: system.version, prefix: API_PREFIX });
  app.get(`${API_PREFIX}/openapi.json`, (_request, response) => void response.json(document));

  const byPath = Map.groupBy(routes, ({ path }) => path);
  // Before the body is read, so that a stranger cannot make the API read one.
  const known = authenticate(key);
  for (const [path, declared] of byPath) {
    const pattern = `${API_PREFIX}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
    for (const each of declared) {
      const readBody = each.body === undefined ? [] : [express.json({ limit: BODY_LIMIT })];
      app[each.method](pattern, ...(each.open ? [] : [known]), ...readBody, serve(each));
    }
    app.all(pattern, known, otherMethod(declared));
  }
  app.use(known, (request) => {
    throw new LoomError(
      'NOT_FOUND',
      `The API has no ${request.path}`,
      `GET ${API_PREFIX}/openapi.json lists everything that it has.`,
    );
  });
  app.use(problems(log));
  return app;
}

const serve =
  (route: Route): RequestHandler =>
  (request, response) =>
    route.serve(checkedInput(route, request), response, request);

const otherMethod =
  (declared: readonly Route[]): RequestHandler =>
  (request, response) => {
    const allowed = declared.map(({ method }) => method.toUpperCase()).join(', ');
    response.set('Allow', allowed);
    throw new MethodNotAllowed(`${request.method} is not possible here, only ${allowed}`);
  };

// The OpenAPI document, made of the very declarations that serve the requests.
import { z } from 'zod';
import type { Route } from './route.ts';
import { problemSchema } from './schemas/problem.ts';

type JsonObject = Record<string, unknown>;

const DESCRIPTION = `Loom runs fleets of coding agents on git repositories, durably.

Every request but the health checks and this document brings \`Authorization: Bearer KEY\`. Every error is a problem document
(RFC 9457): decide by \`code\`, read \`detail\` for the reason and \`next\` for what to do. 503 comes with Retry-After.`;

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApiDocument(
  routes: readonly Route[],
  { version, prefix }: { readonly version: string; readonly prefix: string },
): JsonObject {
  const schemas: JsonObject = {};
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    (paths[`${prefix}${route.path}`] ??= {})[route.method] = operation(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Loom', version, description: DESCRIPTION },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } }, schemas },
  };
}

function operation(route: Route, schemas: JsonObject): JsonObject {
  const problem = {
    description: 'What went wrong, why, and what to do.',
    content: { 'application/problem+json': { schema: reference(problemSchema, 'output', schemas) } },
  };
  return {
    operationId: `${route.method}${route.path.replaceAll(/\W+(\w)?/g, (_, first: string = '') => first.toUpperCase())}`,
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.open ? { security: [] } : {}),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
        name,
        in: 'header',
        description,
        schema: { type: 'string' },
      })),
    ],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(reference(route.body, 'input', schemas)) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, { description, schema, mediaType }]) => [
          status,
          {
            description,
            content:
              schema === undefined
                ? { [mediaType ?? 'text/plain']: { schema: { type: 'string' } } }
                : json(reference(schema, 'output', schemas)),
          },
        ]),
      ),
      default: problem,
    },
  };
}

const json = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } });

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): JsonObject[] {
  if (schema === undefined) return [];
  const { properties, required } = toJsonSchema(schema, 'input') as {
    properties: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    return {
      name,
      in: place,
      required: place === 'path' || (required?.includes(name) ?? false),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

/** Schemas with a name are written once, below `components`, and referred to. */
function reference(schema: z.ZodType, io: 'input' | 'output', schemas: JsonObject): JsonObject {
  const { $defs, ...top } = toJsonSchema(schema, io) as { $defs?: JsonObject } & JsonObject;
  const id = z.globalRegistry.get(schema)?.id;
  Object.assign(schemas, $defs, id === undefined ? {} : { [id]: top });
  return id === undefined ? top : { $ref: `#/components/schemas/${id}` };
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, id: _id, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonObject;
  // Zod refers to its own $defs; in the document they lie below components.
  return JSON.parse(
    JSON.stringify(rest, (key, value: unknown) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    ).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as JsonObject;
}

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messages, messageType } from './contract.ts';
import { REASONS } from './failure.ts';

const wireMessage = z.object({
  field: z.array(z.object({ name: z.string(), type: z.string(), label: z.string(), typeName: z.string() })),
});

describe('the TypeScript side of the contract', () => {
  test.each(Object.entries(messages))(
    'reads of %s the fields that the .proto file has, and no others',
    (name, schema) => {
      const { field } = wireMessage.parse(messageType(`loom.connectors.v1.${name}`).type);
      expect(Object.keys(schema.shape).sort()).toEqual(field.map((entry) => entry.name).sort());
    },
  );

  test.each(Object.entries(messages))('accepts a %s in which nothing was set', (name, schema) => {
    const type = messageType(`loom.connectors.v1.${name}`);
    const received = z.record(z.string(), z.unknown()).parse(type.deserialize(type.serialize({})));
    // Empty text is no JSON; the service never sends it, and a reader has to say so instead of guessing.
    const parsed = schema.safeParse(received);
    const problems = parsed.success ? [] : parsed.error.issues.map(({ path }) => String(path[0]));
    expect(problems).toEqual(Object.keys(received).filter((key) => key.endsWith('Json') && name !== 'InvokeRequest'));
  });

  test('documents every reason beside the method that gives it', () => {
    const proto = readFileSync(join(import.meta.dirname, '../proto/loom/connectors/v1/connectors.proto'), 'utf8');
    const documented = [...proto.matchAll(/\b[A-Z]+(?:_[A-Z]+)*\b/g)].map(([word]) => word);
    expect(Object.keys(REASONS).filter((reason) => !documented.includes(reason))).toEqual([]);
  });
});

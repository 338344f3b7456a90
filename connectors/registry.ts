// The kinds that this service offers. A kind is one file in kinds/, entered here and nowhere else.
import type { ListKindsResponse } from './contract.ts';
import { ConnectorFailure } from './failure.ts';
import { createHttpKind } from './kinds/http.ts';
import type { HttpSettings } from './kinds/http.ts';
import type { Kind, Operation } from './operation.ts';

/** One entry for each kind that has something to configure. */
export interface ConnectorSettings {
  readonly http: HttpSettings;
}

export const createKinds = (settings: ConnectorSettings): readonly Kind[] => [createHttpKind(settings.http)];

export const describeKinds = (kinds: readonly Kind[]): ListKindsResponse => ({
  kinds: kinds.map(({ name, description, operations }) => ({
    name,
    description,
    operations: operations.map((operation) => ({
      name: operation.name,
      description: operation.description,
      effect: operation.effect === 'read' ? 'EFFECT_READ' : 'EFFECT_OUTSIDE',
      argumentsSchemaJson: JSON.stringify(operation.argumentsSchema),
      resultSchemaJson: JSON.stringify(operation.resultSchema),
    })),
  })),
});

/** @throws ConnectorFailure KIND_UNKNOWN, OPERATION_UNKNOWN; both name what there is. */
export function findOperation(kinds: readonly Kind[], kind: string, operation: string): Operation {
  const what = `${kind}.${operation} was not carried out`;
  const next = 'Use a name that ListKinds gives.';
  const ofKind = kinds.find(({ name }) => name === kind);
  if (ofKind === undefined) {
    const why = `there is no kind "${kind}", there is ${kinds.map(({ name }) => name).join(', ')}`;
    throw new ConnectorFailure('KIND_UNKNOWN', { what, why, next });
  }
  const found = ofKind.operations.find(({ name }) => name === operation);
  if (found === undefined) {
    const why = `${kind} has no operation "${operation}", it has ${ofKind.operations.map(({ name }) => name).join(', ')}`;
    throw new ConnectorFailure('OPERATION_UNKNOWN', { what, why, next });
  }
  return found;
}

// Binds the advertised catalogue to its implementations, once, at start: nothing is advertised that cannot be executed.
import { z } from 'zod';
import { LoomError } from '../domain/errors.ts';
import { cutMiddle } from '../sandbox/capped-output.ts';
import { FileError } from '../workspace/file-error.ts';
import { failed, TEXT_LIMIT_BYTES } from './action.ts';
import { CATALOGUE, IMPLEMENTATIONS } from './catalogue.ts';
import { nearestName } from './nearest-name.ts';
import type { Action, ActionClass, ActionContext, ActionErrorCode, ActionResult } from './action.ts';

/** A tool as model providers want it described. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (draft 2020-12) of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface ActionRegistry {
  /** Descriptions of the given actions, or of all. @throws LoomError CONFIG_INVALID for a name that is not advertised */
  tools(names?: readonly string[]): ToolDescription[];
  /** How an action is retried and checkpointed; an unknown name changes nothing, so it counts as a read. */
  classOf(name: string): ActionClass;
  /**
   * Executes one call. Unknown names, wrong arguments and whatever else a model can mend come back as results.
   * @throws the context signal's reason; errors of the host (no sandbox, disk full).
   */
  execute(name: string, rawArguments: unknown, context: ActionContext): Promise<ActionResult>;
}

/** @throws LoomError CONFIG_INVALID naming every action that is advertised without being bound, or the other way round. */
export function createRegistry(
  implementations: readonly Action<unknown>[] = IMPLEMENTATIONS,
  advertised: readonly string[] = CATALOGUE,
): ActionRegistry {
  const bound = new Map(implementations.map((action) => [action.name, action]));
  const problems = [
    ...advertised.filter((name) => !bound.has(name)).map((name) => `${name} is advertised but has no implementation`),
    ...[...bound.keys()]
      .filter((name) => !advertised.includes(name))
      .map((name) => `${name} is implemented but not advertised`),
    ...implementations
      .filter((action) => bound.get(action.name) !== action)
      .map((action) => `${action.name} is implemented twice`),
  ];
  if (problems.length > 0) {
    throw new LoomError('CONFIG_INVALID', `Actions: ${problems.join('; ')}.`, 'Correct actions/catalogue.ts.');
  }
  return {
    tools: (names = advertised) => names.map((name) => describe(bound.get(name) ?? unknownTool(name, advertised))),
    classOf: (name) => bound.get(name)?.class ?? 'read',
    async execute(name, rawArguments, context) {
      context.signal.throwIfAborted();
      const action = bound.get(name);
      if (action === undefined) return unknownAction(name, advertised);
      const input = action.input.safeParse(rawArguments ?? {});
      if (!input.success) return badArguments(action, input.error);
      try {
        return capped(await action.run(input.data, context));
      } catch (error) {
        context.signal.throwIfAborted();
        const mended = resultOf(error);
        if (mended === null) throw error;
        return mended;
      }
    },
  };
}

const describe = (action: Action<unknown>): ToolDescription => {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(action.input, { io: 'input' });
  return { name: action.name, description: action.summary, inputSchema };
};

function unknownTool(name: string, advertised: readonly string[]): never {
  const nearest = nearestName(name, advertised);
  throw new LoomError(
    'CONFIG_INVALID',
    `There is no action ${name}.`,
    nearest === null ? `The actions are ${advertised.join(', ')}.` : `Did you mean ${nearest}?`,
  );
}

function unknownAction(name: string, advertised: readonly string[]): ActionResult {
  const nearest = nearestName(name, advertised);
  const hint = nearest === null ? '' : ` Did you mean ${nearest}?`;
  return failed('UNKNOWN_ACTION', `There is no action "${name}".${hint} The actions are: ${advertised.join(', ')}.`);
}

function badArguments(action: Action<unknown>, error: z.ZodError): ActionResult {
  const schema = JSON.stringify(describe(action).inputSchema);
  return failed('BAD_ARGUMENTS', `${action.name}: ${z.prettifyError(error)}\nThe arguments are described by ${schema}`);
}

function capped(result: ActionResult): ActionResult {
  const { text } = cutMiddle(result.text, TEXT_LIMIT_BYTES);
  return text === result.text ? result : { ...result, text };
}

/** Errors that are about what the model asked for; null for the rest. */
function resultOf(error: unknown): ActionResult | null {
  if (error instanceof FileError) {
    const codes: Partial<Record<typeof error.code, ActionErrorCode>> = {
      BAD_PATH: 'BAD_ARGUMENTS',
      ALREADY_EXISTS: 'BAD_ARGUMENTS',
    };
    return failed(codes[error.code] ?? (error.code as ActionErrorCode), error.message, { path: error.path });
  }
  if (
    error instanceof LoomError &&
    (error.code === 'BAD_INPUT' || error.code === 'TOO_LARGE' || error.code === 'NOT_FOUND')
  ) {
    return failed(error.code === 'BAD_INPUT' ? 'BAD_ARGUMENTS' : error.code, `${error.message} ${error.next}`);
  }
  return null;
}

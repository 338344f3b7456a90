// Files that an agent may not change. Refusing here is a courtesy: the gate refuses the commit in any case.
import picomatch from 'picomatch';
import { failed } from './action.ts';
import type { ActionContext, ActionResult } from './action.ts';

/** The refusal of a change, or null where it is allowed. */
export function refusalOf(path: string, context: ActionContext): ActionResult | null {
  const normal = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  const glob = context.project.protectedPaths.find((pattern) => picomatch.isMatch(normal, pattern, { dot: true }));
  if (glob === undefined) return null;
  return failed(
    'PROTECTED_PATH',
    `${path} is protected (${glob}): a change of it cannot land. Solve it elsewhere, or escalate and say why it must change.`,
    { path, glob },
  );
}

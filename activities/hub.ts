// What moves branches. Every activity is idempotent: the same input leads to the same commits and refs.
import type { HubActivities } from '../domain/activities.ts';
import type { Repositories } from '../hub/repositories.ts';
import type { Database } from '../store/database.ts';
import { getProject } from '../store/projects.ts';

/** History holds references and facts, never lists as long as a change may be. */
const MAX_NAMED_PATHS = 20;

export const createHubActivities = ({
  database,
  repositories,
}: {
  readonly database: Database;
  readonly repositories: Repositories;
}) =>
  ({
    async branchHead({ projectId }) {
      return { commit: await repositories.followUpstream(await getProject(database, projectId)) };
    },

    async integrate({ projectId, beadId, attempt, candidate, base, target, title, date }) {
      const project = await getProject(database, projectId);
      const message = `${title}\n\nLoom-Bead: ${beadId}\nLoom-Attempt: ${attempt}\n`;
      const { protectedPaths } = project;
      const made = await repositories.integrate(project, {
        beadId,
        attempt,
        candidate,
        base,
        target,
        message,
        date,
        protectedPaths,
      });
      return made.kind === 'conflict'
        ? { ...made, paths: made.paths.slice(0, MAX_NAMED_PATHS) }
        : { ...made, restored: made.restored.slice(0, MAX_NAMED_PATHS) };
    },

    async land({ projectId, expected, commit }) {
      const head = await repositories.land(await getProject(database, projectId), expected, commit);
      return head === commit ? { landed: true } : { landed: false, head };
    },
  }) satisfies HubActivities;

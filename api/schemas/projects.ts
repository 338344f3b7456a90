// Public shapes of projects. They only grow.
import { z } from 'zod';
import { idText, limit, line, slug, text } from './text.ts';

const checksSchema = z.strictObject({
  test: line(2_000).describe('Shell command that exits 0 when the project is well, for example `npm test`.'),
  timeoutMs: z.int().min(1_000).max(3_600_000).default(120_000).describe('Milliseconds before it counts as failed.'),
});

const protectedSchema = z
  .array(line(500))
  .max(200)
  .describe('Globs of paths that no candidate may touch, for example `.github/**`.');

/** `.loom/project.yaml` on the target branch: what a project says of itself. */
export const projectFileSchema = z.object({
  checks: checksSchema.optional(),
  setup: line(2_000).optional(),
  protected: protectedSchema.optional(),
});

export const newProjectSchema = z
  .strictObject({
    name: slug.refine((name) => !name.startsWith('pj-'), 'must not begin with "pj-": that is how ids begin'),
    repository: text(2_000).describe('Absolute path on the machine of the hub, or a URL that git can fetch.'),
    branch: line(250).optional().describe("Where beads land. Default: the repository's own default branch."),
    checks: checksSchema
      .optional()
      .describe('Default: what .loom/project.yaml on that branch says, else what the files of the project suggest.'),
    setup: line(2_000).optional().describe('Shell command that prepares a fresh checkout, for example `npm ci`.'),
    protected: protectedSchema.optional(),
    landing: z
      .enum(['hub', 'upstream'])
      .default('hub')
      .describe("`hub` keeps landed commits in Loom's own copy, `upstream` pushes them to the repository."),
  })
  .meta({ id: 'NewProject' });

export const projectSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    repository: z.string(),
    branch: z.string(),
    checks: z.object({ test: z.string(), timeoutMs: z.int() }).nullable(),
    setupCommand: z.string().nullable(),
    protectedPaths: z.array(z.string()).readonly(),
    landing: z.enum(['hub', 'upstream']),
    createdAt: z.string(),
  })
  .meta({ id: 'Project' });

export const createdProjectSchema = projectSchema
  .extend({
    checksFrom: z
      .enum(['request', 'project-file', 'detected', 'none'])
      .describe('Where the checks come from. With `none` nothing can land until they are configured.'),
    note: z.string().nullable().describe('What to know before filing the first bead.'),
  })
  .meta({ id: 'CreatedProject' });

export const projectPageSchema = z
  .object({
    projects: z.array(projectSchema).readonly(),
    next: z.string().nullable().describe('Give it as `after` for the next page; null on the last one.'),
  })
  .meta({ id: 'ProjectPage' });

export const listProjectsSchema = z.strictObject({ limit: limit(100, 500), after: idText.optional() });

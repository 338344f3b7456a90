import { LoomError } from '../domain/errors.ts';
import type { Queryable } from './database.ts';

export interface Checks {
  /** Shell command that is green (exit 0) when the project is well. */
  readonly test: string;
  readonly timeoutMs: number;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  readonly checks: Checks | null;
  readonly setupCommand: string | null;
  readonly protectedPaths: readonly string[];
  readonly landing: 'hub' | 'upstream';
  readonly createdAt: string;
}

interface ProjectRow {
  id: string;
  name: string;
  repository: string;
  branch: string;
  checks: Checks | null;
  setup_command: string | null;
  protected_paths: string[];
  landing: 'hub' | 'upstream';
  created_at: Date;
}

const fromRow = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  repository: row.repository,
  branch: row.branch,
  checks: row.checks,
  setupCommand: row.setup_command,
  protectedPaths: row.protected_paths,
  landing: row.landing,
  createdAt: row.created_at.toISOString(),
});

/** @throws CONFLICT when the name is taken. */
export async function insertProject(db: Queryable, project: Omit<Project, 'createdAt'>): Promise<Project> {
  const { rows } = await db.query<ProjectRow>(
    `insert into project (id, name, repository, branch, checks, setup_command, protected_paths, landing)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name) do nothing returning *`,
    [
      project.id,
      project.name,
      project.repository,
      project.branch,
      project.checks === null ? null : JSON.stringify(project.checks),
      project.setupCommand,
      project.protectedPaths,
      project.landing,
    ],
  );
  const row = rows[0];
  if (row === undefined) {
    throw new LoomError(
      'CONFLICT',
      `A project named ${project.name} exists already`,
      'Choose another name, or use the existing project.',
    );
  }
  return fromRow(row);
}

/** By id or by name. @throws NOT_FOUND */
export async function getProject(db: Queryable, idOrName: string): Promise<Project> {
  const { rows } = await db.query<ProjectRow>('select * from project where id = $1 or name = $1', [idOrName]);
  const row = rows[0];
  if (row === undefined) {
    throw new LoomError(
      'NOT_FOUND',
      `There is no project ${idOrName}`,
      'List the projects with `loomctl project list`, or add it with `loomctl project add`.',
    );
  }
  return fromRow(row);
}

export async function listProjects(
  db: Queryable,
  page: { readonly limit: number; readonly after?: string },
): Promise<readonly Project[]> {
  const { rows } = await db.query<ProjectRow>('select * from project where name > $1 order by name limit $2', [
    page.after ?? '',
    page.limit,
  ]);
  return rows.map(fromRow);
}

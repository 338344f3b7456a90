// Projects: a repository is asked before a row is written, so that a project that exists could be read at least once.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { entityId } from '../../domain/ids.ts';
import type { Database } from '../../store/database.ts';
import { getProject, insertProject, listProjects } from '../../store/projects.ts';
import { probeRepository } from '../git-remote.ts';
import { PROJECT_FILE, projectPolicies } from '../project-checks.ts';
import { type Route, route } from '../route.ts';
import {
  createdProjectSchema,
  listProjectsSchema,
  newProjectSchema,
  projectPageSchema,
  projectSchema,
} from '../schemas/projects.ts';
import { idText } from '../schemas/text.ts';

export interface ProjectDependencies {
  readonly database: Database;
}

export const projectRoutes = ({ database }: ProjectDependencies): readonly Route[] => [
  route({
    method: 'post',
    path: '/projects',
    summary: 'Add a project',
    description:
      'The repository is asked at once; 422 REPOSITORY_UNREADABLE says why it cannot be used, 409 that the name is taken.',
    body: newProjectSchema,
    responses: { 201: { description: 'The project as it is now known.', schema: createdProjectSchema } },
    async handle({ body }) {
      const at = await probeRepository(body.repository, body.branch);
      const { checksFrom, ...policies } = await projectPolicies(body, body.repository, at);
      const project = await insertProject(database, {
        id: entityId('pj', randomBytes(10)),
        name: body.name,
        repository: body.repository,
        branch: at.branch,
        landing: body.landing,
        ...policies,
      });
      return {
        status: 201,
        headers: { Location: `/api/v1/projects/${project.id}` },
        body: { ...project, checksFrom, note: noteOn(checksFrom, project.checks?.test) },
      };
    },
  }),
  route({
    method: 'get',
    path: '/projects',
    summary: 'List projects by name',
    query: listProjectsSchema,
    responses: { 200: { description: 'A page of projects.', schema: projectPageSchema } },
    async handle({ query: { limit, after } }) {
      const projects = await listProjects(database, { limit, ...(after === undefined ? {} : { after }) });
      const next = projects.length === limit ? (projects.at(-1)?.name ?? null) : null;
      return { status: 200, body: { projects, next } };
    },
  }),
  route({
    method: 'get',
    path: '/projects/{id}',
    summary: 'Get a project by id or name',
    params: z.object({ id: idText }),
    responses: { 200: { description: 'The project.', schema: projectSchema } },
    handle: async ({ params: { id } }) => ({ status: 200, body: await getProject(database, id) }),
  }),
];

function noteOn(
  checksFrom: z.input<typeof createdProjectSchema>['checksFrom'],
  test: string | undefined,
): string | null {
  switch (checksFrom) {
    case 'none':
      return `Nothing shows how this project is tested, and nothing can land until it is known: name the command in ${PROJECT_FILE} on its branch, or add the project with \`checks\`.`;
    case 'detected':
      return `The checks were guessed from the project's files: ${test}. ${PROJECT_FILE} on its branch, or \`checks\`, would say it for certain.`;
    case 'request':
    case 'project-file':
      return null;
    default:
      return checksFrom satisfies never;
  }
}

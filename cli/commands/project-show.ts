import { Command } from 'commander';
import type { Project } from '../api-shapes.ts';
import { action } from '../session.ts';
import { duration, facts, moment } from '../text.ts';

export const projectShow = (): Command =>
  new Command('show')
    .description('show a project')
    .argument('<project>', 'id or name')
    .action(
      action<object, [string]>(async ({ api, show }, _, id) => {
        const project = await api.get<Project>(`/projects/${encodeURIComponent(id)}`);
        show(project, () => projectFacts(project));
      }),
    );

export const projectFacts = (project: Project): string =>
  facts([
    ['project', `${project.name} (${project.id})`],
    ['repository', project.repository],
    ['branch', project.branch],
    ['check', project.checks === null ? 'none: nothing can land' : project.checks.test],
    ['at most', project.checks === null ? null : duration(project.checks.timeoutMs)],
    ['set-up', project.setupCommand],
    ['protected', project.protectedPaths.join(', ')],
    ['landing', project.landing],
    ['since', moment(project.createdAt)],
  ]);

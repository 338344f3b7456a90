import { Command } from 'commander';
import type { Project } from '../api-shapes.ts';
import { action } from '../session.ts';
import { table } from '../text.ts';

export const projectList = (): Command =>
  new Command('list').description('list projects by name').action(
    action(async ({ api, show }) => {
      const projects: Project[] = [];
      for (let after: string | undefined; ;) {
        const page = await api.get<{ projects: Project[]; next: string | null }>('/projects', { after });
        projects.push(...page.projects);
        if (page.next === null) break;
        after = page.next;
      }
      show(
        { projects },
        () =>
          table(
            ['NAME', 'BRANCH', 'CHECK', 'REPOSITORY'],
            projects.map(({ name, branch, checks, repository }) => [name, branch, checks?.test ?? 'none', repository]),
          ) || 'No project yet. Add one with: loomctl project add NAME PATH',
      );
    }),
  );

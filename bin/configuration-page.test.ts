import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { environmentSchema } from '../config/config.ts';
import { configurationPage } from './configuration-page.ts';

/** Without what the formatter changes: the width of columns. */
const words = (markdown: string): string => markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

describe('docs/configuration.md', () => {
  test('says what the schema says; after a change, run bin/write-configuration-page.ts', async () => {
    const page = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8');
    expect(words(page)).toBe(words(await configurationPage()));
  });

  test.each(Object.keys(environmentSchema.shape))('tells what %s means', async (name) => {
    const row = (await configurationPage()).split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row?.split(' | ').at(-1)?.length).toBeGreaterThan(20);
  });
});

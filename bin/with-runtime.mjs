#!/usr/bin/env node
// Runs a TypeScript entry point with the Node runtime that Loom pins, installing the dependencies first where they are missing.
// Has no dependency of its own and runs on Node 18, because it is what a fresh clone starts with.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.loom-lock-hash');
const runtime = join(modules, 'node', 'bin', 'node');

const fail = (what, next) => {
  process.stderr.write(`loom: ${what}\n  next: ${next}\n`);
  process.exit(1);
};

if (Number(process.versions.node.split('.')[0]) < 18) {
  fail(`Node ${process.versions.node} is too old to start Loom`, 'install Node 18 or newer and run the command again');
}

const lockHash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
const installed = existsSync(runtime) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash;
if (!installed) {
  process.stderr.write('loom: installing dependencies (npm ci, about a minute) ...\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (npm.error) fail(`npm could not be started: ${npm.error.message}`, 'install npm and run the command again');
  if (npm.status !== 0) fail(`npm ci ended with ${npm.status}`, 'read its message above, mend the cause and run the command again');
  if (!existsSync(runtime)) fail('the pinned Node runtime was not installed', 'allow install scripts for the package "node" and run "npm ci" again');
  writeFileSync(stamp, lockHash);
}

const [entry, ...args] = process.argv.slice(2);
if (!entry) fail('no entry point given', 'node bin/with-runtime.mjs ENTRY.ts [ARGUMENT ...]');
const child = spawn(runtime, ['--disable-warning=ExperimentalWarning', join(root, entry), ...args], {
  stdio: 'inherit',
  env: { ...process.env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'loom-compile') },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => fail(`the runtime could not be started: ${error.message}`, `remove ${modules} and run the command again`));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));

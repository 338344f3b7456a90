#!/usr/bin/env node
// Runs a TypeScript entry point with the Node runtime that Loom pins, installing the dependencies first where they are missing.
// Has no dependency of its own and runs on Node 18, because it is what a fresh clone starts with.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const INSTALL_WAIT_MS = 15 * 60_000;
const INSTALL_PAUSE_MS = 300;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const runtime = join(modules, 'node', 'bin', 'node');

const [entry, ...args] = process.argv.slice(2);
if (!entry) fail('no entry point given', 'node bin/with-runtime.mjs ENTRY.ts [ARGUMENT ...]');
if (Number(process.versions.node.split('.')[0]) < 18) {
  fail(`Node ${process.versions.node} is too old to start Loom`, 'install Node 18 or newer and run the command again');
}
if (!isInstalled()) await installOnce();
run();

function fail(what, next) {
  process.stderr.write(`loom: ${what}\n  next: ${next}\n`);
  process.exit(1);
}

/** By what npm wrote down when it had finished: so an installation made by hand counts, and one that was broken off does not. */
function isInstalled() {
  const recorded = join(modules, '.package-lock.json');
  if (!existsSync(runtime) || !existsSync(recorded)) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const installed = packagesOf(recorded);
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path] ? installed[path].version === version : optional === true),
  );
}

/** Two commands started at once on a new clone must not install over each other: the second waits for the first. */
async function installOnce() {
  const lock = join(root, '.loom', 'installing');
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  const deadline = Date.now() + INSTALL_WAIT_MS;
  for (let said = false; !claim(lock); said = true) {
    if (Date.now() > deadline)
      fail('another installation does not end', `end it, remove ${lock} and run the command again`);
    if (!said) process.stderr.write('loom: waiting for another installation of the dependencies ...\n');
    await new Promise((resolve) => setTimeout(resolve, INSTALL_PAUSE_MS));
  }
  const release = () => rmSync(lock, { force: true });
  process.on('exit', release); // an installation that fails ends the process
  if (!isInstalled()) install();
  process.off('exit', release);
  release();
}

/** Whether this process may install now. A claim whose holder has died is taken over. */
function claim(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    process.kill(Number(readFileSync(lock, 'utf8')) || process.pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') rmSync(lock, { force: true });
    else if (error.code !== 'ENOENT' && error.code !== 'EPERM') throw error;
  }
  return false;
}

function install() {
  process.stderr.write('loom: installing dependencies (npm, about a minute) ...\n');
  // Tests and checks need the development dependencies, also where NODE_ENV=production leaves them out.
  const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const again = 'and run the command again';
  const npm = (args, stdio) => {
    const done = spawnSync('npm', [...args, ...options], { cwd: root, stdio });
    if (done.error) fail(`npm could not be started: ${done.error.message}`, `install npm ${again}`);
    if (done.signal) fail(`npm was ended by ${done.signal}`, 'run the command again');
    return done.status;
  };
  // `npm ci` also refuses a lock file for lacking packages that only other platforms install. `npm install` then follows the same
  // lock file, with the same hashes, and says what is wrong if it is something else.
  if (npm(['ci'], 'ignore') !== 0) {
    const status = npm(['install', '--no-save'], ['ignore', 2, 2]);
    if (status !== 0) fail(`npm install ended with ${status}`, `read its message above, mend the cause ${again}`);
  }
  if (!isInstalled()) {
    const next = `allow install scripts for the package "node", remove ${modules} ${again}`;
    fail('npm ended without having installed all of package-lock.json', next);
  }
}

function run() {
  const child = spawn(runtime, ['--disable-warning=ExperimentalWarning', join(root, entry), ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'loom-compile'),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) =>
    fail(`the runtime could not be started: ${error.message}`, `remove ${modules} and run the command again`),
  );
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

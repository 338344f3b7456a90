// The sandbox against code that wants out. Each escape is tried for real; a test that could not tell a closed door from an open
// one is no test, so what is refused inside is shown to work outside, or to be there, wherever that can be shown.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { detectSandbox } from '../../sandbox/detect.ts';
import type { CommandResult, CommandSpec, Sandbox } from '../../sandbox/sandbox.ts';

let sandbox: Sandbox;
let folder: string;
let workspaceDir: string;

beforeAll(async () => {
  sandbox = await detectSandbox({ ...process.env, LOOM_SANDBOX: 'bwrap' });
  folder = await mkdtemp(join(tmpdir(), 'loom-sandbox-test-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  workspaceDir = await mkdtemp(join(folder, 'workspace-'));
});

const run = (command: CommandSpec['command'], more: Partial<CommandSpec> = {}): Promise<CommandResult> =>
  sandbox.run({ command, workspaceDir, timeoutMs: 30_000, ...more });

const python = (code: string): Promise<CommandResult> => run(['/usr/bin/python3', '-c', code]);

/** Runs Python code that ends in an OSError and returns the error's number. */
async function errnoOf(code: string): Promise<number> {
  const body = code.replaceAll(/^/gm, '    ');
  const { stdout, stderr } = await python(
    `import os, socket, ctypes, fcntl\ntry:\n${body}\n    print(0)\nexcept OSError as e:\n    print(e.errno)`,
  );
  expect(stderr).toBe('');
  return Number(stdout);
}

/** Something of the host's to connect to. */
const hostServer = () =>
  createServer((connection) => {
    connection.on('error', () => undefined); // the client may be gone before it has read
    connection.end('host');
  });

const EPERM = 1;
const EACCES = 13;
const EROFS = 30;

describe('an ordinary command', () => {
  test('changes the workspace, and its result has streams, exit code and duration', async () => {
    const result = await run('echo out; echo err >&2; echo made > file; exit 3');
    expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false, stdout: 'out\n', stderr: 'err\n' });
    expect(readFileSync(join(workspaceDir, 'file'), 'utf8')).toBe('made\n');
  });

  test('reads standard input, and finds it empty where nothing is sent', async () => {
    expect((await run('cat', { stdin: 'hello' })).stdout).toBe('hello');
    expect((await run('cat; echo end')).stdout).toBe('end\n');
  });

  test('starts in the folder that is asked for, and in no other', async () => {
    await mkdir(join(workspaceDir, 'a/b'), { recursive: true });
    expect((await run('pwd', { cwd: 'a/b' })).stdout).toBe('/workspace/a/b\n');
    await expect(run('pwd', { cwd: '../..' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(run('pwd', { cwd: '/etc' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  test('has the Node that runs Loom, npm, Python and git', async () => {
    const { stdout } = await run('node --version && npm --version && python3 --version && git --version');
    expect(stdout).toMatch(new RegExp(`^${process.version}\\n\\d+\\..*\\nPython 3.*\\ngit version`));
  });

  test('runs npm test without network and without a home of its own', async () => {
    await writeFile(join(workspaceDir, 'package.json'), '{"name":"x","scripts":{"test":"node --test"}}');
    await writeFile(join(workspaceDir, 'a.test.mjs'), `import test from 'node:test'; test('adds', () => {});`);
    const result = await run('npm test');
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('✔ adds');
  });

  test('that does not exist ends with 127, as in a shell', async () => {
    expect((await run('no-such-program')).exitCode).toBe(127);
    expect((await run(['no-such-program'])).exitCode).toBe(127);
  });

  test('that dies by a signal has its code and its name', async () => {
    expect(await run('kill -SEGV $$')).toMatchObject({ exitCode: 139, signal: 'SIGSEGV' });
  });

  test('that writes without end is cut in the middle', async () => {
    const result = await run('yes | head -c 5000000; echo last', { outputLimitBytes: 10_000 });
    expect(result.truncated.stdout).toBe(5_000_005 - 10_000);
    expect(result.stdout.length).toBeLessThan(10_100);
    expect(result.stdout).toMatch(/^y\ny\n[\s\S]*y\nlast\n$/);
  });

  test('reports as it goes', async () => {
    let seen = '';
    await run('echo one; echo two', { onStdout: (chunk) => (seen += Buffer.from(chunk).toString()) });
    expect(seen).toBe('one\ntwo\n');
  });
});

describe('the end of a command', () => {
  /** Leaves a process that has let go of session, parent and streams, and keeps writing. */
  const DAEMON = `setsid sh -c '(while :; do date +%N > tick; done) </dev/null >/dev/null 2>&1 &' ; while [ ! -s tick ]; do :; done;`;

  /** Whether anybody still writes: the content changes several hundred times a second. */
  async function isTicking(): Promise<boolean> {
    const tick = join(workspaceDir, 'tick');
    const before = statSync(tick, { bigint: true }).mtimeNs;
    execFileSync('sleep', ['0.2']);
    return statSync(tick, { bigint: true }).mtimeNs !== before;
  }

  test('takes along a daemon that it has started', async () => {
    expect((await run(DAEMON)).exitCode).toBe(0);
    expect(await isTicking()).toBe(false);
  });

  test('at the time limit takes along everything, and the exit code is null', async () => {
    const result = await run(`${DAEMON} sleep 1000`, { timeoutMs: 1_500 });
    expect(result).toMatchObject({ exitCode: null, timedOut: true, signal: 'SIGKILL' });
    expect(await isTicking()).toBe(false);
  });

  test('by abort takes along everything, and the promise rejects with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('lease lost');
    const done = run(`${DAEMON} echo ready; sleep 1000`, {
      signal: controller.signal,
      onStdout: () => controller.abort(reason),
    });
    await expect(done).rejects.toBe(reason);
    expect(await isTicking()).toBe(false);
  });

  test('is not put off by a process that ignores every signal it can', async () => {
    const result = await run(`trap '' TERM INT HUP; while :; do :; done`, { timeoutMs: 500 });
    expect(result.timedOut).toBe(true);
  });

  test('a command that was aborted before it began never runs', async () => {
    await expect(run('touch ran', { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(existsSync(join(workspaceDir, 'ran'))).toBe(false);
  });
});

describe('escape', () => {
  test('1: the environment of the host is not to be found, in any process', async () => {
    process.env.LOOM_TEST_SECRET = 'hunter2';
    const { stdout } = await run('env; cat /proc/*/environ | tr "\\0" "\\n"; cat /proc/*/cmdline | tr "\\0" "\\n"');
    delete process.env.LOOM_TEST_SECRET;
    expect(stdout).not.toContain('hunter2');
    expect(stdout).not.toContain(workspaceDir);
    expect(stdout).toContain('HOME=/home/loom');
  });

  test('2: no capability is held, and none can be gained', async () => {
    const { stdout } = await run('grep -E "^(Cap|NoNewPrivs)" /proc/self/status');
    expect(stdout.match(/^Cap\w+:\s+0+$/gm)).toHaveLength(5);
    expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  test('3: kernel settings cannot be written', async () => {
    const settings = ['kernel/core_pattern', 'kernel/sysrq', 'vm/drop_caches', 'vm/swappiness', 'net/ipv4/ip_forward'];
    const present = settings.filter((name) => existsSync(`/proc/sys/${name}`));
    expect(present).toContain('vm/swappiness');
    for (const name of present) {
      expect([EROFS, EACCES]).toContain(await errnoOf(`os.open("/proc/sys/${name}", os.O_WRONLY)`));
    }
  });

  test('4: mounts can be neither undone nor made', async () => {
    const mount = 'libc = ctypes.CDLL(None, use_errno=True)\nif libc.CALL != 0: raise OSError(ctypes.get_errno(), "")';
    expect(await errnoOf(mount.replace('CALL', 'umount2(b"/proc/sys", 2)'))).toBe(EPERM);
    expect(await errnoOf(mount.replace('CALL', 'mount(b"none", b"/usr", b"", 4128, None)'))).toBe(EPERM);
    expect(await errnoOf(mount.replace('CALL', 'mount(b"none", b"/tmp", b"proc", 0, None)'))).toBe(EPERM);
  });

  test('5: no further user namespace gives capabilities back', async () => {
    expect((await run('unshare --user --map-root-user true')).exitCode).not.toBe(0);
  });

  test('6: a Unix socket of the host cannot be connected to', async () => {
    const path = join(folder, 'host.sock');
    const server = hostServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const code = `s = socket.socket(socket.AF_UNIX)\ns.connect(${JSON.stringify(path)})`;
    execFileSync('/usr/bin/python3', ['-c', `import socket\n${code}`]);
    expect(await errnoOf(code)).toBe(2);
    expect((await run('find /dev /etc /home /opt /run /tmp /workspace -type s 2>/dev/null')).stdout).toBe('');
    await new Promise((resolve) => server.close(resolve));
  });

  test('7: abstract Unix sockets and ports of the host are out of reach', async () => {
    const server = hostServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const code = `s = socket.socket()\ns.connect(("127.0.0.1", ${port}))`;
    execFileSync('/usr/bin/python3', ['-c', `import socket\n${code}`]);
    expect(await errnoOf(code)).toBe(111);
    expect((await run('cat /proc/net/unix')).stdout).not.toContain('@');
    expect((await run('ls /sys/class/net 2>/dev/null; cat /proc/net/dev')).stdout).not.toMatch(/eth|ens|wl/);
    await new Promise((resolve) => server.close(resolve));
  });

  test('8: a descriptor that Loom itself was started with is not passed on', async () => {
    // Node marks only the lowest descriptors that it has inherited; a high one goes through to its children.
    const script = `
      const { detectSandbox } = await import(${JSON.stringify(new URL('../../sandbox/detect.ts', import.meta.url).href)});
      const sandbox = await detectSandbox(process.env);
      const result = await sandbox.run({ command: 'ls -l /proc/self/fd', workspaceDir: ${JSON.stringify(workspaceDir)}, timeoutMs: 20000 });
      process.stdout.write(result.stdout);`;
    const shell = `exec 251</etc; ls -l /proc/self/fd >&2; exec "$0" --input-type=module -e "$1"`;
    const output = execFileSync('/bin/bash', ['-c', shell, process.execPath, script], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(output).not.toContain('251');
    expect(output.match(/ -> /g)).toHaveLength(4); // 0, 1, 2, and the folder that ls reads
  });

  test('9: what lives in memory is small or read-only', async () => {
    for (const place of ['/', '/dev', '/etc', '/run', '/opt']) {
      expect([EROFS, EACCES, 2]).toContain(await errnoOf(`os.open("${place}/x", os.O_CREAT | os.O_WRONLY)`));
    }
    const { stdout } = await run('df -k --output=target,size /tmp /dev/shm /home/loom');
    for (const line of stdout.trim().split('\n').slice(1)) {
      expect(Number(line.trim().split(/\s+/)[1])).toBeLessThanOrEqual(1024 * 1024);
    }
  });

  test('10: a setuid file cannot be left behind', async () => {
    expect(await errnoOf('open("s", "w").close()\nos.chmod("s", 0o4755)')).toBe(EPERM);
    expect(await errnoOf('os.open("t", os.O_CREAT | os.O_WRONLY, 0o4755)')).toBe(EPERM);
    expect(await errnoOf('os.mknod("u", 0o104755)')).toBe(EPERM);
  });

  test('11: vsock, packet and crypto sockets do not exist', async () => {
    for (const family of ['AF_VSOCK', 'AF_PACKET', 'AF_ALG']) {
      expect(await errnoOf(`socket.socket(socket.${family}, socket.SOCK_STREAM)`)).toBe(97);
    }
  });

  test('12: key rings and other processes are not to be read', async () => {
    const call =
      'libc = ctypes.CDLL(None, use_errno=True)\nif libc.syscall(CALL) < 0: raise OSError(ctypes.get_errno(), "")';
    const numbers = process.arch === 'arm64' ? { keyctl: 219, ptrace: 117 } : { keyctl: 250, ptrace: 101 };
    expect(await errnoOf(call.replace('CALL', `${numbers.keyctl}, 0, -3, 0, 0, 0`))).toBe(EPERM);
    expect(await errnoOf(call.replace('CALL', `${numbers.ptrace}, 0, 0, 0, 0`))).toBe(EPERM);
  });

  test('13: the host has no processes, as seen from inside', async () => {
    const { stdout } = await run('ls /proc | grep -cE "^[0-9]+$"');
    expect(Number(stdout)).toBeLessThan(8);
    expect(await errnoOf(`os.kill(${process.pid}, 0)`)).toBe(3);
  });

  test('14: files of the host that are no programs cannot be read', async () => {
    await writeFile(join(folder, 'secret'), 'hunter2');
    const places = [
      join(folder, 'secret'),
      '/etc/shadow',
      '/etc/hostname',
      '/root',
      '/var',
      '/sys',
      '/mnt',
      import.meta.dirname,
    ];
    for (const path of places) {
      expect([2, EACCES]).toContain(await errnoOf(`os.stat(${JSON.stringify(path)})`));
    }
    expect((await run('cat /proc/kcore /proc/kmsg /proc/keys | wc -c')).stdout.trim()).toBe('0');
  });

  test('15: a link out of the workspace leads to what is there inside', async () => {
    await writeFile(join(folder, 'secret'), 'hunter2');
    await symlink(join(folder, 'secret'), join(workspaceDir, 'link'));
    expect(readFileSync(join(workspaceDir, 'link'), 'utf8')).toBe('hunter2');
    expect(await run('cat link')).toMatchObject({ exitCode: 1, stdout: '' });
  });

  test('16: the device nodes of the host keep their mode, also under a Loom that runs as root', async () => {
    for (const node of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) {
      // The mode that it has anyway: should the door be open, nothing comes to harm.
      const mode = statSync(`/dev/${node}`).mode & 0o777;
      expect([EROFS, EPERM]).toContain(await errnoOf(`os.chmod("/dev/${node}", ${mode})`));
    }
    expect((await run('echo x > /dev/null && echo written')).stdout).toBe('written\n');
  });

  test('17: device nodes cannot be made', async () => {
    expect(await errnoOf('os.mknod("disk", 0o60600, os.makedev(254, 0))')).toBe(EPERM);
  });

  test('18: nothing can be typed into a terminal', async () => {
    expect(await errnoOf('m, s = os.openpty()\nfcntl.ioctl(s, 0x5412, b"x")')).toBe(EPERM);
  });

  test('19: programs and libraries of the host cannot be changed', async () => {
    expect(await errnoOf('os.chmod("/usr/bin/env", 0o700)')).toBe(EROFS);
    expect([EROFS, EACCES]).toContain(await errnoOf('os.open("/usr/bin/env", os.O_WRONLY)'));
    expect((await run('echo x >> "$(command -v node)"')).exitCode).not.toBe(0);
  });

  test('20: a process that eats memory is stopped before the host is short of it', async () => {
    const result = await python('x = bytearray(5 * 1024 ** 3)');
    expect(result.stderr).toContain('MemoryError');
  });
});

describe('the way out for set-up', () => {
  test('leads through a proxy that refuses the host and its neighbourhood', async () => {
    const script = `for host in 127.0.0.1 localhost 169.254.169.254 10.0.0.1 '[::1]'; do
      curl --noproxy '' -s -m 10 -o /dev/null -w '%{http_code} ' "http://$host/"; done; curl -s -m 10 http://1.1.1.1:22/`;
    const { stdout } = await run(script, { network: 'egress' });
    expect(stdout).toMatch(/^(403 ){5}Port 22 is not open/);
  });

  test('is closed to hosts that the project does not name', async () => {
    const { stdout } = await run('curl -s -m 10 http://elsewhere.test/', {
      network: 'egress',
      allowedHosts: ['registry.test'],
    });
    expect(stdout).toContain('not among the hosts');
  });

  test('passes on exit code and signal of the command', async () => {
    expect((await run('exit 7', { network: 'egress' })).exitCode).toBe(7);
    expect(await run('kill -9 $$', { network: 'egress' })).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });

  test('does not exist without being asked for', async () => {
    const { stdout } = await run('env | grep -ic proxy; ls /run 2>/dev/null');
    expect(stdout).toBe('0\n');
  });
});

describe('a sandbox that cannot be had', () => {
  test('says that bubblewrap is missing, how to get it, and what the alternative means', async () => {
    await expect(detectSandbox({ PATH: '/nonexistent' })).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('bubblewrap'),
      next: expect.stringMatching(/Install the package bubblewrap.*LOOM_SANDBOX=off/),
    });
  });

  test('says so where the variable names nothing', async () => {
    await expect(detectSandbox({ LOOM_BWRAP_BIN: '/nonexistent/bwrap' })).rejects.toMatchObject({
      message: expect.stringContaining('/nonexistent/bwrap'),
    });
  });

  test('says why where the confinement fails, in the words of bubblewrap', async () => {
    const path = join(folder, 'bwrap');
    await writeFile(path, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n', {
      mode: 0o755,
    });
    await expect(detectSandbox({ ...process.env, LOOM_BWRAP_BIN: path })).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('No permissions to create new namespace'),
      next: expect.stringContaining('user namespaces'),
    });
  });

  test('a workspace that does not exist is a fault of the platform, not a result', async () => {
    await expect(run('true', { workspaceDir: join(folder, 'gone') })).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
    });
  });
});

describe('without confinement', () => {
  test('a command runs in its folder, with a deadline, and the sandbox says what it is', async () => {
    const off = await detectSandbox({ ...process.env, LOOM_SANDBOX: 'off' });
    expect(off.confined).toBe(false);
    const spec = { workspaceDir, timeoutMs: 20_000 };
    expect((await off.run({ ...spec, command: 'pwd' })).stdout.trim()).toBe(workspaceDir);
    expect(await off.run({ ...spec, command: 'sleep 1000 & sleep 1000', timeoutMs: 300 })).toMatchObject({
      exitCode: null,
      timedOut: true,
    });
    expect(await off.run({ ...spec, command: 'kill -9 $$' })).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });
});

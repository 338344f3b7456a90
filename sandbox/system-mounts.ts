// What of the host a command may see: programs and libraries, trust anchors and the time zone. All read-only, never `/`.
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMAL_ETC = fileURLToPath(new URL('./etc', import.meta.url));

/** Files of the host's /etc that programs need and that hold nothing about the host or its people. */
const HOST_ETC = [
  'alternatives',
  'ca-certificates',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'pki',
  'protocols',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
  'timezone',
];

/** Places in /proc that tell about the machine, or that its owner could write even without capabilities. */
const COVERED_FILES = ['kcore', 'keys', 'key-users', 'kmsg', 'kallsyms', 'sched_debug', 'sysrq-trigger', 'timer_list'];
const COVERED_FOLDERS = ['acpi', 'bus', 'driver', 'fs', 'irq', 'scsi'];

const MIB = 1024 * 1024;

/** Sizes of the places that live in memory. */
const MEMORY_SIZES = { tmp: 512 * MIB, home: 1024 * MIB, shm: 64 * MIB } as const;

/** Options of bubblewrap for everything but the workspace. The order matters: later mounts lie on top of earlier ones. */
export function systemMounts(): string[] {
  const options = ['--ro-bind', '/usr', '/usr'];
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const path = `/${name}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) options.push('--symlink', readlinkSync(path), path);
    else if (stat) options.push('--ro-bind', path, path);
  }
  for (const name of ['passwd', 'group', 'hosts', 'nsswitch.conf']) {
    options.push('--ro-bind', join(MINIMAL_ETC, name), `/etc/${name}`);
  }
  for (const name of HOST_ETC) {
    if (existsSync(`/etc/${name}`)) options.push('--ro-bind', `/etc/${name}`, `/etc/${name}`);
  }
  options.push('--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys');
  for (const name of COVERED_FILES) {
    if (existsSync(`/proc/${name}`)) options.push('--ro-bind', '/dev/null', `/proc/${name}`);
  }
  for (const name of COVERED_FOLDERS) {
    if (existsSync(`/proc/${name}`)) options.push('--tmpfs', `/proc/${name}`, '--remount-ro', `/proc/${name}`);
  }
  options.push('--dev', '/dev', ...memory('/dev/shm', MEMORY_SIZES.shm), '--remount-ro', '/dev');
  options.push(...memory('/tmp', MEMORY_SIZES.tmp), ...memory('/home/loom', MEMORY_SIZES.home));
  return options;
}

const memory = (path: string, bytes: number): string[] => ['--size', String(bytes), '--tmpfs', path];

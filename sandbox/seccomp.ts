// The system call filter of a sandbox, as the kernel's packet-filter program. It closes what namespaces do not cover (vsock,
// key rings, setuid files, terminal injection) and what no build or test needs; every other call stays allowed.
import { AUDIT_ARCH, SYSCALLS } from './syscall-numbers.ts';
import type { Architecture, SyscallName } from './syscall-numbers.ts';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// Opcodes of linux/bpf_common.h, each with the addressing that is used here.
const LOAD = 0x20; // the accumulator becomes the 32-bit word at offset k of struct seccomp_data
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const errno = (code: number): number => 0x00050000 | code;

interface Instruction {
  readonly code: number;
  readonly k: number;
  /** Instructions to skip when the test holds, and when it does not. */
  readonly jt?: number;
  readonly jf?: number;
}

const NUMBER = 0;
const ARCHITECTURE = 4;
/** The low half of an argument: both architectures are little-endian. */
const argument = (index: number): number => 16 + 8 * index;

const REFUSED: readonly SyscallName[] = [
  ...(['ptrace', 'process_vm_readv', 'process_vm_writev', 'kcmp', 'pidfd_getfd'] as const),
  ...(['add_key', 'request_key', 'keyctl'] as const),
  ...(['bpf', 'perf_event_open', 'userfaultfd', 'fanotify_init'] as const),
  ...(['name_to_handle_at', 'open_by_handle_at'] as const),
  ...(['unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'chroot', 'move_mount', 'open_tree'] as const),
  ...(['fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr'] as const),
  ...(['kexec_load', 'kexec_file_load', 'init_module', 'finit_module', 'delete_module', 'reboot'] as const),
  ...(['swapon', 'swapoff', 'quotactl', 'acct', 'syslog', 'settimeofday', 'clock_settime', 'iopl', 'ioperm'] as const),
];

/**
 * Answered as if the kernel were older, so that libraries take their older way: these take their flags through memory,
 * which a filter cannot read, or (io_uring) make calls that no filter sees.
 */
const UNKNOWN: readonly SyscallName[] = [
  'clone3',
  'openat2',
  'fchmodat2',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
];

const NEW_NAMESPACES = 0x7e020000;
const SETUID_SETGID = 0o6000;
/** O_CREAT and the distinguishing bit of O_TMPFILE: without them `open` has no mode. */
const CREATES = 0x400040;
const UNIX = 1;
const INET = 2;
const INET6 = 10;
const NETLINK = 16;
/** TIOCSTI and TIOCLINUX put characters into somebody's terminal. */
const TERMINAL_INJECTION = [0x5412, 0x541c];

const refuseBits = (index: number, mask: number): Instruction[] => [
  { code: LOAD, k: argument(index) },
  { code: JUMP_ANY_BIT, k: mask, jf: 1 },
  { code: RETURN, k: errno(EPERM) },
];

const refuseCreating = (flags: number, mode: number): Instruction[] => [
  { code: LOAD, k: argument(flags) },
  { code: JUMP_ANY_BIT, k: CREATES, jf: 3 },
  ...refuseBits(mode, SETUID_SETGID),
];

/** What is looked at in the arguments; a call that passes its test is allowed. */
const INSPECTED: readonly (readonly [SyscallName, readonly Instruction[]])[] = [
  ['clone', refuseBits(0, NEW_NAMESPACES)],
  ['chmod', refuseBits(1, SETUID_SETGID)],
  ['fchmod', refuseBits(1, SETUID_SETGID)],
  ['fchmodat', refuseBits(2, SETUID_SETGID)],
  ['creat', refuseBits(1, SETUID_SETGID)],
  ['mknod', refuseBits(1, SETUID_SETGID)],
  ['mknodat', refuseBits(2, SETUID_SETGID)],
  ['open', refuseCreating(1, 2)],
  ['openat', refuseCreating(2, 3)],
  [
    'socket',
    [
      { code: LOAD, k: argument(0) },
      ...[UNIX, INET, INET6, NETLINK].map((family, index) => ({ code: JUMP_EQUAL, k: family, jt: 4 - index })),
      { code: RETURN, k: errno(EAFNOSUPPORT) },
    ],
  ],
  [
    'ioctl',
    [
      { code: LOAD, k: argument(1) },
      ...TERMINAL_INJECTION.flatMap((request) => [
        { code: JUMP_EQUAL, k: request, jf: 1 },
        { code: RETURN, k: errno(EPERM) },
      ]),
    ],
  ],
];

function instructions(architecture: Architecture): Instruction[] {
  const numberOf = (name: SyscallName): number | undefined =>
    (SYSCALLS[name] as Partial<Record<Architecture, number>>)[architecture];
  const program: Instruction[] = [
    // Calls by another table (32-bit, x32) would be read by the wrong numbers, so there are none.
    { code: LOAD, k: ARCHITECTURE },
    { code: JUMP_EQUAL, k: AUDIT_ARCH[architecture], jt: 1 },
    { code: RETURN, k: errno(ENOSYS) },
    { code: LOAD, k: NUMBER },
    { code: JUMP_AT_LEAST, k: 0x40000000, jf: 1 },
    { code: RETURN, k: errno(ENOSYS) },
  ];
  const when = (name: SyscallName, then: readonly Instruction[]): void => {
    const number = numberOf(name);
    if (number !== undefined) program.push({ code: JUMP_EQUAL, k: number, jf: then.length }, ...then);
  };
  for (const name of REFUSED) when(name, [{ code: RETURN, k: errno(EPERM) }]);
  for (const name of UNKNOWN) when(name, [{ code: RETURN, k: errno(ENOSYS) }]);
  for (const [name, test] of INSPECTED) when(name, [...test, { code: RETURN, k: ALLOW }]);
  program.push({ code: RETURN, k: ALLOW });
  return program;
}

/** The program as the kernel reads it (array of struct sock_filter); null on an architecture without a table. */
export function seccompProgram(architecture: string = process.arch): Uint8Array | null {
  if (architecture !== 'x64' && architecture !== 'arm64') return null;
  const program = instructions(architecture);
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, k, jt = 0, jf = 0 }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return bytes;
}

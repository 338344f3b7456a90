import { describe, expect, test } from '@jest/globals';
import { seccompProgram } from './seccomp.ts';

const ALLOW = 0x7fff0000;
const errno = (code: number): number => 0x00050000 | code;
const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;

/** Runs the program as the kernel does, over struct seccomp_data. */
function decide(
  architecture: 'x64' | 'arm64',
  call: { arch: number; number: number; args?: readonly number[] },
): number {
  const program = Buffer.from(seccompProgram(architecture) ?? []);
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.arch, 4);
  (call.args ?? []).forEach((argument, index) => data.writeUInt32LE(argument >>> 0, 16 + 8 * index));
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8);
    const jumps = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)] as const;
    const k = program.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x06) return k;
    else {
      const holds = code === 0x15 ? accumulator === k : code === 0x35 ? accumulator >= k : (accumulator & k) !== 0;
      at += holds ? jumps[0] : jumps[1];
    }
  }
  throw new Error('the program ends without a verdict');
}

const x64 = (number: number, ...args: number[]): number => decide('x64', { arch: X64, number, args });

describe('the filter for x64', () => {
  test('allows reading, writing and everything else that it does not name', () => {
    for (const number of [0, 1, 3, 9, 59, 231, 334, 450]) expect(x64(number)).toBe(ALLOW);
  });

  test('refuses ptrace, the key rings, namespaces and mounts', () => {
    for (const number of [101, 248, 250, 272, 165, 166, 308]) expect(x64(number)).toBe(errno(1));
  });

  test('answers io_uring and clone3 as an older kernel would', () => {
    for (const number of [425, 435, 437]) expect(x64(number)).toBe(errno(38));
  });

  test('allows Unix, IPv4, IPv6 and netlink sockets only', () => {
    for (const family of [1, 2, 10, 16]) expect(x64(41, family)).toBe(ALLOW);
    for (const family of [0, 3, 17, 38, 40]) expect(x64(41, family)).toBe(errno(97));
  });

  test('refuses setuid and setgid modes, by chmod and at creation', () => {
    expect(x64(90, 0, 0o755)).toBe(ALLOW);
    expect(x64(90, 0, 0o4755)).toBe(errno(1));
    expect(x64(268, 0, 0, 0o2755)).toBe(errno(1));
    expect(x64(257, 0, 0, 0o100 | 1, 0o4755)).toBe(errno(1));
    expect(x64(257, 0, 0, 0o100 | 1, 0o644)).toBe(ALLOW);
  });

  test('does not look at the mode of an open that creates nothing', () => {
    expect(x64(257, 0, 0, 0, 0o4755)).toBe(ALLOW);
  });

  test('refuses to put characters into a terminal', () => {
    expect(x64(16, 0, 0x5412)).toBe(errno(1));
    expect(x64(16, 0, 0x541c)).toBe(errno(1));
    expect(x64(16, 0, 0x5401)).toBe(ALLOW);
  });

  test('refuses threads nothing and namespaces everything in clone', () => {
    expect(x64(56, 0x3d0f00)).toBe(ALLOW);
    expect(x64(56, 0x10000000)).toBe(errno(1));
  });

  test('knows no calls of the 32-bit and x32 tables', () => {
    expect(decide('x64', { arch: 0x40000003, number: 1 })).toBe(errno(38));
    expect(x64(0x40000001)).toBe(errno(38));
  });
});

describe('the filter for arm64', () => {
  test('goes by its own numbers', () => {
    expect(decide('arm64', { arch: ARM64, number: 117 })).toBe(errno(1));
    expect(decide('arm64', { arch: ARM64, number: 101 })).toBe(ALLOW);
    expect(decide('arm64', { arch: ARM64, number: 198, args: [40] })).toBe(errno(97));
  });
});

test('there is none for an architecture without a table', () => {
  expect(seccompProgram('riscv64')).toBeNull();
});

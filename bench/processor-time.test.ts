import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { processorMs } from './processor-time.ts';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('processor time', () => {
  test('of a process is counted with that of what it has started, under the name it was given', async () => {
    // The shell waits; what it has started does the work.
    const shell = spawn('sh', ['-c', "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo; read x'; :"]);
    try {
      await once(shell.stdout, 'data');
      const used = await processorMs({ busy: [shell.pid as number], nobody: [] });
      expect(used?.busy).toBeGreaterThan(0);
      expect(used?.nobody).toBe(0);
    } finally {
      shell.stdin.end();
      await once(shell, 'exit');
    }
  });
});

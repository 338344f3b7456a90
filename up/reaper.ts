// No process of Loom outlives its supervisor, however that ends: a shell holds the read end of a pipe whose write end only the
// supervisor has. The kernel closes it when the supervisor dies, even by SIGKILL, and the shell then kills every group it knows.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r change group; do
  case $change in
    add) groups="$groups$group " ;;
    remove)
      rest=' '
      for each in $groups; do [ "$each" = "$group" ] || rest="$rest$each "; done
      groups=$rest ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
`;
const MAX_RESPAWNS = 5;

/** Kills process groups when this process is no longer there to do it. */
export class Reaper {
  private readonly groups = new Set<number>();
  private shell: ChildProcess | undefined;
  private respawns = 0;

  /** From now on the group of this leader dies with the supervisor. */
  add(group: number): void {
    this.groups.add(group);
    if (this.shell) this.tell(`add ${group}\n`);
    else this.spawnShell();
  }

  /** The group has ended; its number may be given to somebody else. */
  remove(group: number): void {
    if (this.groups.delete(group)) this.tell(`remove ${group}\n`);
  }

  /** Ends the shell, which kills whatever group is still known. */
  close(): void {
    const shell = this.shell;
    this.shell = undefined;
    shell?.stdin?.end();
  }

  private tell(line: string): void {
    this.shell?.stdin?.write(line);
  }

  private spawnShell(): void {
    const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} });
    this.shell = shell;
    const lost = () => {
      if (this.shell !== shell) return;
      this.shell = undefined;
      this.respawns += 1;
      if (this.respawns <= MAX_RESPAWNS && this.groups.size > 0) this.spawnShell();
    };
    shell.on('error', lost).on('exit', lost);
    // A write that meets a shell which has just been killed; its exit is what counts.
    shell.stdin.on('error', lost);
    shell.unref();
    for (const group of this.groups) this.tell(`add ${group}\n`);
  }
}

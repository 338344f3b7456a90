// The port through which every command of a repository runs. A result states what happened; trouble of the platform is thrown.

/** Extra content that the command may read. `source` is a host path, `target` the absolute path inside. */
export interface ReadOnlyMount {
  readonly source: string;
  readonly target: string;
}

export interface CommandSpec {
  /** A program with its arguments, or a text for `/bin/sh -c`. */
  readonly command: readonly string[] | string;
  /** Host folder that becomes `/workspace`, the only place that the command can change for good. */
  readonly workspaceDir: string;
  /** Where to start, relative to the workspace. @default '.' */
  readonly cwd?: string;
  readonly mounts?: readonly ReadOnlyMount[];
  /** Added to the sandbox's own small environment; nothing of the host's is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is empty otherwise. */
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs: number;
  /** Bytes kept of each stream; what is over is cut from the middle. @default 1 MiB */
  readonly outputLimitBytes?: number;
  /** Ends the command at once with everything it has started; `run` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * `none`: loopback of its own and nothing else. `egress`: public web hosts, through a proxy that refuses loopback,
   * link-local and private addresses. @default 'none'
   */
  readonly network?: 'none' | 'egress';
  /** Hosts that `egress` may reach, `*.example.org` included; every public one where absent. */
  readonly allowedHosts?: readonly string[];
  /** Sees standard output as it comes, before it is cut. */
  readonly onStdout?: (chunk: Uint8Array) => void;
}

export interface CommandResult {
  /** Null where the command was killed, never to be read as zero. A signal inside appears as 128 + its number, as in a shell. */
  readonly exitCode: number | null;
  /** The signal that ended the command, where one did; for a code above 128 by the shell's convention. */
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes cut from the middle of each stream. */
  readonly truncated: { readonly stdout: number; readonly stderr: number };
}

export interface Sandbox {
  /** False where commands run unconfined (`LOOM_SANDBOX=off`). */
  readonly confined: boolean;
  /** Where the command sees the workspace: `/workspace`, or the folder itself where unconfined. */
  workspacePath(workspaceDir: string): string;
  /** Where the command sees a read-only mount. */
  mountPath(mount: ReadOnlyMount): string;
  /**
   * Runs one command to its end; when the promise settles, nothing that it started is alive.
   * @throws LoomError SANDBOX_UNAVAILABLE where the confinement could not be set up, BAD_INPUT for an unusable spec;
   * the abort signal's reason.
   */
  run(spec: CommandSpec): Promise<CommandResult>;
}

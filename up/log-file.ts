// What a part prints is kept on disk within a bound, and a full disk never takes the supervisor down with it.
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const TAIL_BYTES = 4096;

/** Appends to `path`; past `maxBytes` the file becomes `path.1` (replacing the one before) and a new one is begun. */
export class LogFile {
  readonly path: string;
  private readonly maxBytes: number;
  private readonly onTrouble: (error: unknown) => void;
  private descriptor: number | undefined;
  private size = 0;
  private recent = '';
  private broken = false;

  /** @param onTrouble is told once when writing begins to fail, and again after it has worked in between. */
  constructor(path: string, maxBytes: number, onTrouble: (error: unknown) => void) {
    this.path = path;
    this.maxBytes = maxBytes;
    this.onTrouble = onTrouble;
  }

  write(chunk: Buffer): void {
    this.recent = (this.recent + chunk.toString('utf8')).slice(-TAIL_BYTES);
    try {
      if (this.descriptor === undefined) this.open();
      if (this.size > 0 && this.size + chunk.length > this.maxBytes) this.rotate();
      if (this.descriptor !== undefined) this.size += writeSync(this.descriptor, chunk);
      this.broken = false;
    } catch (error) {
      if (!this.broken) this.onTrouble(error);
      this.broken = true;
    }
  }

  /** The last lines, for an error message. */
  tail(lines: number): string {
    return this.recent.trimEnd().split('\n').slice(-lines).join('\n');
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): void {
    this.descriptor = openSync(this.path, 'a', 0o600);
    this.size = fstatSync(this.descriptor).size;
  }

  private rotate(): void {
    this.close();
    renameSync(this.path, `${this.path}.1`);
    this.open();
  }
}

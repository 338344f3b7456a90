// Keeps the beginning and the end of a stream within a fixed amount of memory, however much is written.

/** Collects at most `limitBytes` bytes: the first half as it comes, the rest as a ring of the latest. */
export class CappedOutput {
  readonly #head: Buffer;
  readonly #tail: Buffer;
  #headLength = 0;
  #tailTotal = 0;

  constructor(limitBytes: number) {
    this.#head = Buffer.allocUnsafe(Math.ceil(limitBytes / 2));
    this.#tail = Buffer.allocUnsafe(Math.floor(limitBytes / 2));
  }

  write(chunk: Buffer): void {
    const intoHead = Math.min(chunk.length, this.#head.length - this.#headLength);
    chunk.copy(this.#head, this.#headLength, 0, intoHead);
    this.#headLength += intoHead;
    if (chunk.length > intoHead) this.#writeTail(chunk.subarray(intoHead));
  }

  #writeTail(rest: Buffer): void {
    const size = this.#tail.length;
    const end = this.#tailTotal + rest.length;
    if (size > 0) {
      const kept = rest.subarray(Math.max(0, rest.length - size));
      const at = (end - kept.length) % size;
      const untilWrap = Math.min(kept.length, size - at);
      kept.copy(this.#tail, at, 0, untilWrap);
      kept.copy(this.#tail, 0, untilWrap);
    }
    this.#tailTotal = end;
  }

  /** Bytes that were written and are no longer here. */
  get cutBytes(): number {
    return Math.max(0, this.#tailTotal - this.#tail.length);
  }

  /** What was kept, with a line that names the gap where there is one. */
  text(): string {
    const head = this.#head.subarray(0, this.#headLength);
    if (this.cutBytes === 0) {
      return Buffer.concat([head, this.#tail.subarray(0, this.#tailTotal)]).toString('utf8');
    }
    const start = this.#tailTotal % Math.max(1, this.#tail.length);
    const tail = Buffer.concat([this.#tail.subarray(start), this.#tail.subarray(0, start)]);
    return `${head.toString('utf8')}${gap(this.cutBytes)}${tail.toString('utf8')}`;
  }
}

/** The same cut for a text that is at hand. */
export function cutMiddle(text: string, limitBytes: number): { readonly text: string; readonly cutBytes: number } {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= limitBytes) return { text, cutBytes: 0 };
  const output = new CappedOutput(limitBytes);
  output.write(bytes);
  return { text: output.text(), cutBytes: output.cutBytes };
}

const gap = (bytes: number): string => `\n... ${bytes} bytes cut from the middle ...\n`;

// Events become lines that a person can follow. On a terminal the last line says what is under way and for how long; elsewhere
// only what has happened is written.
import { styleText } from 'node:util';
import type { BeadEvent } from '../../cli/api-shapes.ts';
import { eventLine } from '../../cli/watch-bead.ts';

const REFRESH_MS = 100;

const NOW_DOING: Readonly<Record<string, string>> = {
  'bead.created': 'waiting for a host',
  'bead.queued': 'waiting for a host',
  'bead.running': 'at work',
  'bead.verifying': 'checking the candidate in a clean checkout',
  'bead.landing': 'moving the branch',
};

export interface Phase {
  readonly name: string;
  readonly tookMs: number;
}

export class ProgressView {
  private readonly out: NodeJS.WriteStream;
  private readonly beganAt = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private doing = '';
  private readonly marks: { readonly type: string; readonly at: number }[] = [];

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
    if (out.isTTY) this.timer = setInterval(() => this.drawStatus(), REFRESH_MS).unref();
  }

  /** Writes a line above the status. */
  say(text = ''): void {
    this.clearStatus();
    this.out.write(`${text}\n`);
    this.drawStatus();
  }

  /** What is under way; empty for nothing. */
  now(doing: string): void {
    this.doing = doing;
    this.drawStatus();
  }

  show(event: BeadEvent): void {
    if (event.type.startsWith('bead.')) {
      this.marks.push({ type: event.type, at: Date.parse(event.time) });
      this.doing = NOW_DOING[event.type] ?? '';
    }
    this.say(`${this.elapsed()}  ${eventLine(event)}`);
  }

  /** How long each state lasted, by the clock of the events. */
  phases(): readonly Phase[] {
    const total = new Map<string, number>();
    for (const [index, mark] of this.marks.entries()) {
      const next = this.marks[index + 1];
      const name = PHASE_NAMES[mark.type];
      if (next && name !== undefined) total.set(name, (total.get(name) ?? 0) + next.at - mark.at);
    }
    return [...total].map(([name, tookMs]) => ({ name, tookMs }));
  }

  close(): void {
    clearInterval(this.timer);
    this.doing = '';
    this.clearStatus();
  }

  private elapsed(): string {
    return `${((performance.now() - this.beganAt) / 1000).toFixed(1).padStart(6)} s`;
  }

  private clearStatus(): void {
    if (this.timer) this.out.write('\r\x1b[2K');
  }

  private drawStatus(): void {
    if (!this.timer || this.doing === '') return;
    this.clearStatus();
    this.out.write(styleText('dim', `${this.elapsed()}  ${this.doing} ...`, { stream: this.out }));
  }
}

const PHASE_NAMES: Readonly<Record<string, string>> = {
  'bead.created': 'waiting',
  'bead.open': 'waiting',
  'bead.queued': 'waiting',
  'bead.running': 'at work',
  'bead.verifying': 'verifying',
  'bead.landing': 'landing',
};

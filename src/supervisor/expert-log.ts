import { join } from 'node:path';

import type { Redactor } from '../shared/redact.ts';
import { LogBuffer } from '../telemetry/log-buffer.ts';
import { RotatingFile } from '../telemetry/rotating-file.ts';

/** Lines a second that are kept; a storm beyond is read (the engine never blocks) and counted, not stored. */
const MAX_LINES_PER_SECOND = 2_000;

/** The output of one expert's engines: a ring for people and for exit classification, and a bounded file. */
export class ExpertLog {
  readonly buffer = new LogBuffer();
  readonly #file: RotatingFile;
  readonly #redactor: Redactor;
  #windowStart = 0;
  #inWindow = 0;
  #dropped = 0;

  constructor(options: { stateDir: string; expert: string; maxBytes: number; files: number; redactor: Redactor }) {
    const name = options.expert.replaceAll(/[^\w.-]/g, '_');
    this.#file = new RotatingFile(join(options.stateDir, 'logs', `${name}.log`), {
      maxBytes: options.maxBytes,
      files: options.files,
    });
    this.#redactor = options.redactor;
  }

  /** Lines read but not stored, since the start. */
  get dropped(): number {
    return this.#dropped + this.#file.dropped;
  }

  write(line: string): void {
    const now = performance.now();
    if (now - this.#windowStart > 1_000) {
      const missed = this.#inWindow - MAX_LINES_PER_SECOND;
      if (missed > 0) this.#store(`[orchestrator] ${missed} lines of a log storm were not kept`);
      this.#windowStart = now;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    if (this.#inWindow > MAX_LINES_PER_SECOND) this.#dropped += 1;
    else this.#store(this.#redactor.redact(line));
  }

  /** Other bounds for the file from now on. */
  resize(bounds: { maxBytes: number; files: number }): void {
    this.#file.resize(bounds);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #store(line: string): void {
    this.buffer.push(line);
    this.#file.write(`${line}\n`);
  }
}

import { appendFile, chmod, readFile, rename, writeFile } from 'node:fs/promises';

import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';

/** A request whose domain somebody has said, to be learned from when a person approves. */
export interface Candidate {
  readonly number: number;
  readonly at: string;
  readonly text: string;
  readonly domain: string;
  /** Whom it went to. */
  readonly expert: string;
  /** `choice`: the request named its expert, and the domain is what that one is best at. `up`, `down`: somebody rated the router's. */
  readonly source: 'choice' | 'up' | 'down';
  readonly status: 'new' | 'approved' | 'rejected';
}

/** The oldest that nobody has judged make room, so many at once. */
const MOST = 2_000;
const MAKES_ROOM = 200;
const MOST_CHARACTERS = 1_000;
const FLUSH_MS = 1_000;

/** Candidates in a file of the state directory (0600), a JSON object a line; of lines with the same number the last one counts. */
export class CandidateBook {
  readonly #file: string;
  readonly #logger: Logger;
  #loaded: Promise<void> | undefined;
  readonly #entries = new Map<number, Candidate>();
  readonly #known = new Set<string>();
  #last = 0;
  #unsaved: Candidate[] = [];
  #rewrite = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** Does nothing for a text that is known in this domain. */
  async add(candidate: Omit<Candidate, 'number' | 'status'>): Promise<void> {
    await this.#load();
    const text = candidate.text.slice(0, MOST_CHARACTERS);
    const key = keyOf({ ...candidate, text });
    if (this.#known.has(key)) return;
    if (this.#entries.size >= MOST && !this.#makeRoom()) return;
    this.#last += 1;
    this.#put({ ...candidate, text, number: this.#last, status: 'new' });
  }

  async list(): Promise<Candidate[]> {
    await this.#load();
    return [...this.#entries.values()];
  }

  /** A person's judgement; `domain`: another than it says. Undefined: there is no such number. */
  async judge(number: number, status: 'approved' | 'rejected', domain?: string): Promise<Candidate | undefined> {
    await this.#load();
    const candidate = this.#entries.get(number);
    if (!candidate) return undefined;
    const judged = { ...candidate, status, domain: domain ?? candidate.domain };
    this.#put(judged);
    await this.flush();
    return judged;
  }

  /** Everything is in the file when it resolves. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing
      .then(() => this.#write())
      .catch((error: unknown) => {
        this.#logger.warn('candidate utterances could not be written', { file: this.#file, reason: messageOf(error) });
      });
    return this.#writing;
  }

  #load(): Promise<void> {
    return (this.#loaded ??= (async () => {
      let text = '';
      try {
        text = await readFile(this.#file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          this.#logger.warn('candidate utterances could not be read', { file: this.#file, reason: messageOf(error) });
      }
      for (const candidate of parseCandidates(text)) {
        this.#entries.set(candidate.number, candidate);
        this.#known.add(keyOf(candidate));
        this.#last = candidate.number;
      }
    })());
  }

  #put(candidate: Candidate): void {
    this.#entries.set(candidate.number, candidate);
    this.#known.add(keyOf(candidate));
    this.#unsaved.push(candidate);
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** False where all have been judged. */
  #makeRoom(): boolean {
    const leaving = [...this.#entries.values()].filter(({ status }) => status === 'new').slice(0, MAKES_ROOM);
    for (const candidate of leaving) {
      this.#entries.delete(candidate.number);
      this.#known.delete(keyOf(candidate));
    }
    this.#rewrite = true;
    return leaving.length > 0;
  }

  async #write(): Promise<void> {
    const unsaved = this.#unsaved;
    this.#unsaved = [];
    if (this.#rewrite) {
      this.#rewrite = false;
      await writeFile(`${this.#file}.new`, linesOf([...this.#entries.values()]), { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    } else if (unsaved.length > 0) {
      await appendFile(this.#file, linesOf(unsaved), { mode: 0o600 });
      await chmod(this.#file, 0o600);
    }
  }
}

/** The candidates of a file; lines that are none, as after a full disk, are passed over. */
export function parseCandidates(text: string): Candidate[] {
  const found = new Map<number, Candidate>();
  for (const line of text.split('\n')) {
    try {
      const candidate = JSON.parse(line) as Candidate;
      const { number, text: said, domain } = candidate;
      if (Number.isInteger(number) && typeof said === 'string' && typeof domain === 'string')
        found.set(number, candidate);
    } catch {
      // Half a line.
    }
  }
  return [...found.values()].sort((one, other) => one.number - other.number);
}

const keyOf = ({ text, domain, source }: Pick<Candidate, 'text' | 'domain' | 'source'>) =>
  `${source}\n${domain}\n${text}`;

const linesOf = (candidates: readonly Candidate[]) => candidates.map((one) => `${JSON.stringify(one)}\n`).join('');

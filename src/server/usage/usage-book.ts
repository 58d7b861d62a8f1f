import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { UsageFiles } from './usage-files.ts';
import { UsageMonth } from './usage-month.ts';
import type { Figures, UsageRow } from './usage-rows.ts';

const FLUSH_MS = 5_000;
const DAY_MS = 86_400_000;
/** Whole months older than this are let go. */
export const KEPT_DAYS = 400;

/** What a credential has used on the day that it is. */
export interface UsedToday {
  readonly requests: number;
  readonly tokens: number;
}

/**
 * What everybody has used, by day (UTC), user, credential and expert: in memory, and in a file for each month within seconds. A clock
 * that is wrong for a while writes into another day, and loses nothing.
 */
export class UsageBook {
  readonly #files: UsageFiles;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #months = new Map<string, UsageMonth>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #today = new Map<string, UsedToday>();
  #day = '';
  #dayEndsMs = 0;
  #dayBeginsMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(options: { readonly files: UsageFiles; readonly clock: Clock; readonly logger: Logger }) {
    this.#files = options.files;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Reads what was used in this month, so that budgets go on where they were; and lets go what is too old. */
  async open(): Promise<void> {
    this.#open(this.day().slice(0, 7));
    await Promise.all(this.#loading.values());
  }

  add(who: Pick<UsageRow, 'user' | 'key' | 'expert'>, figures: Figures): void {
    const day = this.day();
    this.#open(day.slice(0, 7)).add(day, who, figures);
    const used = this.#today.get(who.key);
    if (used) this.#today.set(who.key, usedBy(used, figures));
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  usedToday(key: string): UsedToday {
    const day = this.day();
    let used = this.#today.get(key);
    if (!used) {
      const rows = this.#open(day.slice(0, 7)).rows(day);
      used = rows.filter((row) => row.key === key).reduce(usedBy, { requests: 0, tokens: 0 });
      this.#today.set(key, used);
    }
    return used;
  }

  /** Milliseconds until the next day (UTC). */
  untilTomorrowMs(): number {
    this.day();
    return this.#dayEndsMs - this.#clock.wallTime().getTime();
  }

  /** The day that it is, UTC. */
  day(): string {
    const now = this.#clock.wallTime().getTime();
    if (now >= this.#dayEndsMs || now < this.#dayBeginsMs) {
      this.#dayBeginsMs = Math.floor(now / DAY_MS) * DAY_MS;
      this.#dayEndsMs = this.#dayBeginsMs + DAY_MS;
      this.#day = dayOf(now);
      this.#today.clear();
    }
    return this.#day;
  }

  /** From one day to another, both included, in order of days. */
  async rows(from: string, to: string): Promise<UsageRow[]> {
    const found: UsageRow[] = [];
    await Promise.all(this.#loading.values());
    const months = new Set([...(await this.#files.months()), ...this.#months.keys()]);
    for (const month of [...months].toSorted()) {
      if (month < from.slice(0, 7) || month > to.slice(0, 7)) continue;
      const rows = this.#months.get(month)?.rows() ?? (await this.#files.read(month)).rows;
      for (const row of rows) if (row.day >= from && row.day <= to) found.push(row);
    }
    return found.toSorted((one, other) => (one.day < other.day ? -1 : Number(one.day > other.day)));
  }

  /** What a user, and those whom its keys speak for, used stays as nobody's. */
  async forget(user: string): Promise<void> {
    const isGone = (name: string) => name === user || name.startsWith(`${user}/`);
    for (const month of await this.#files.months()) {
      this.#open(month);
      await this.#loading.get(month);
      this.#months.get(month)?.rename(isGone, GONE);
      await this.flush();
    }
    for (const month of this.#months.values()) month.rename(isGone, GONE);
    await this.flush();
    this.#today.clear();
  }

  /** Everything is in its file when it resolves, where the disk lets it. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** The figures of a month; what its file has is added when it has been read. */
  #open(name: string): UsageMonth {
    const known = this.#months.get(name);
    if (known) return known;
    const month = new UsageMonth(name);
    this.#months.set(name, month);
    this.#loading.set(name, this.#load(month));
    return month;
  }

  async #load(month: UsageMonth): Promise<void> {
    const { rows, isWhole } = await this.#files.read(month.name);
    const { isDirty } = month;
    for (const row of rows) month.add(row.day, row, row);
    month.isDirty = isDirty || !isWhole;
    this.#today.clear();
    this.#loading.delete(month.name);
    await this.#letGo();
  }

  async #write(): Promise<void> {
    await Promise.all(this.#loading.values());
    try {
      for (const month of this.#months.values()) {
        if (!month.isDirty) continue;
        month.isDirty = false;
        try {
          await this.#files.write(month.name, month.toText());
        } catch (error) {
          month.isDirty = true;
          throw error;
        }
      }
      this.#isFailing = false;
      // The one that is written stays, and what a wrong clock has opened goes.
      const current = this.day().slice(0, 7);
      for (const { name, isDirty } of this.#months.values())
        if (name !== current && !isDirty && !this.#loading.has(name)) this.#months.delete(name);
    } catch (error) {
      // Said once, and tried again with the next request.
      if (!this.#isFailing)
        this.#logger.warn('the usage book cannot be written; it is kept in memory', { reason: messageOf(error) });
      this.#isFailing = true;
    }
  }

  /** The oldest month, where it is too old: one at a start and with every new month, so that a clock that is far ahead for once costs little. */
  async #letGo(): Promise<void> {
    const [oldest] = await this.#files.months();
    const limit = dayOf(this.#clock.wallTime().getTime() - KEPT_DAYS * DAY_MS).slice(0, 7);
    if (oldest === undefined || oldest >= limit) return;
    await this.#files.remove(oldest).catch((error: unknown) => {
      this.#logger.warn('an old month of the usage book could not be removed', {
        month: oldest,
        reason: messageOf(error),
      });
    });
  }
}

/** In the place of a user who is not there any more. */
export const GONE = '(deleted)';

function usedBy({ requests, tokens }: UsedToday, figures: Figures): UsedToday {
  return {
    requests: requests + figures.requests,
    tokens: tokens + figures.promptTokens + figures.generatedTokens,
  };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

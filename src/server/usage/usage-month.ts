import { type Figures, lineOf, NOTHING, plus, type UsageRow, writeMonth } from './usage-rows.ts';

/** Of one month; what is beyond it is counted together. Some 200 bytes each. */
const MOST_ROWS = 20_000;
/** Rows by user alone may be so many more. */
const MOST_FOLDED = 2_000;
/** Who has no row of their own any more. */
export const OTHERS = '(others)';

type Who = Pick<UsageRow, 'user' | 'key' | 'expert'>;

interface Day {
  readonly rows: Map<string, UsageRow>;
  /** As it is written; undefined: changed since. */
  text: string | undefined;
}

/** The rows of one month. */
export class UsageMonth {
  readonly name: string;
  readonly #days = new Map<string, Day>();
  #size = 0;
  /** Changed since it was written. */
  isDirty = false;

  constructor(name: string) {
    this.name = name;
  }

  add(day: string, who: Who, figures: Figures): void {
    const of = this.#days.get(day) ?? { rows: new Map<string, UsageRow>(), text: undefined };
    this.#days.set(day, of);
    const folded = this.#fold(of, who);
    const key = keyOf(folded);
    const known = of.rows.get(key);
    if (!known) this.#size += 1;
    of.rows.set(key, { day, ...folded, ...plus(known ?? NOTHING, figures) });
    of.text = undefined;
    this.isDirty = true;
  }

  /** Of one day, or of all. */
  rows(day?: string): UsageRow[] {
    if (day !== undefined) return [...(this.#days.get(day)?.rows.values() ?? [])];
    return [...this.#days.values()].flatMap(({ rows }) => [...rows.values()]);
  }

  /** The same figures, of nobody. */
  rename(isGone: (user: string) => boolean, name: string): void {
    const rows = this.rows();
    if (!rows.some(({ user }) => isGone(user))) return;
    this.#days.clear();
    this.#size = 0;
    for (const row of rows) this.add(row.day, isGone(row.user) ? { ...row, user: name, key: name } : row, row);
  }

  /** Days that have not changed are not written out again. */
  toText(): string {
    const days = [...this.#days].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return writeMonth(
      this.name,
      days.map(([, day]) => (day.text ??= [...day.rows.values()].map(lineOf).join(''))),
    );
  }

  #fold({ rows }: Day, who: Who): Who {
    const exact = { user: who.user, key: who.key, expert: who.expert };
    if (this.#size < MOST_ROWS || rows.has(keyOf(exact))) return exact;
    const ofUser = { user: who.user.split('/')[0] ?? '', key: OTHERS, expert: who.expert };
    if (this.#size < MOST_ROWS + MOST_FOLDED || rows.has(keyOf(ofUser))) return ofUser;
    return { user: OTHERS, key: OTHERS, expert: '' };
  }
}

function keyOf({ user, key, expert }: Who): string {
  return `${user}\n${key}\n${expert}`;
}

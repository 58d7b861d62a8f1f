import { Pattern, type Scope, type Slot } from './pattern.ts';
import { plainAt } from './read.ts';

const ANY: Slot = (scope, at) => (at < scope.end ? { from: at, to: at + 1 } : undefined);

/** Ways of saying something, one a line, in the language of {@link Pattern}; `<any>` stands for a word. */
export class Phrases {
  readonly #byFirst = new Map<string, Pattern[]>();

  constructor(lines: string, slots: Readonly<Record<string, Slot>> = {}) {
    for (const line of lines.trim().split('\n')) {
      const pattern = new Pattern(line.trim(), { any: ANY, ...slots });
      for (const word of pattern.first ?? []) {
        const patterns = this.#byFirst.get(word) ?? [];
        patterns.push(pattern);
        this.#byFirst.set(word, patterns);
      }
    }
  }

  /** The first of them from `from` on; nothing that stands between quotation marks. */
  find(scope: Scope, from = 0): { readonly from: number; readonly end: number } | undefined {
    for (let at = from; at < scope.end; at++) {
      if (scope.tokens[at]?.kind === 'quoted') continue;
      const end = this.endAt(scope, at);
      if (end >= 0) return { from: at, end };
    }
    return undefined;
  }

  /** Where the one that stands at `at` ends; -1: none does. */
  endAt(scope: Scope, at: number): number {
    for (const pattern of this.#byFirst.get(plainAt(scope, at)) ?? []) {
      const matched = pattern.match(scope, at);
      if (matched !== undefined) return matched.end;
    }
    return -1;
  }
}

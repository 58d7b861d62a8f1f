/** One thing that was looked at: what was found, and what to do about it. */
export interface Check {
  /** What was looked at, in a word or two. */
  readonly about: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly sentence: string;
  /** A command or a setting; null where nothing is to be done. */
  readonly fix: string | null;
}

export const ok = (about: string, sentence: string): Check => ({ about, status: 'ok', sentence, fix: null });
export const warn = (about: string, sentence: string, fix: string): Check => ({ about, status: 'warn', sentence, fix });
export const fail = (about: string, sentence: string, fix: string): Check => ({ about, status: 'fail', sentence, fix });

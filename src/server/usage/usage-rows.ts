import { z } from 'zod';

const Count = z.number().min(0);
const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** What one user used of one expert by one credential on one day (UTC). */
const Row = z.strictObject({
  day: Day,
  user: z.string(),
  /** Id of the credential; `local`, `run`: none was asked for, the command line. */
  key: z.string(),
  /** Empty: it was refused before there was one. */
  expert: z.string(),
  /** Requests that were let in, whatever became of them. */
  requests: Count,
  /** Requests that ended before an engine had them. */
  refused: Count,
  promptTokens: Count,
  generatedTokens: Count,
  /** Milliseconds in which an engine had them. */
  engineMs: Count,
});
export type UsageRow = z.output<typeof Row>;
export type Figures = Omit<UsageRow, 'day' | 'user' | 'key' | 'expert'>;

export const NOTHING: Figures = { requests: 0, refused: 0, promptTokens: 0, generatedTokens: 0, engineMs: 0 };

const Head = z.strictObject({ usage: z.literal(1), month: z.string() });

/** A month as its file has it: a head, then a row a line. */
export function writeMonth(month: string, days: Iterable<string>): string {
  return `${JSON.stringify({ usage: 1, month })}\n${[...days].join('')}`;
}

export const lineOf = (row: UsageRow): string => `${JSON.stringify(row)}\n`;

/** What can be read of a file, and how many of its lines cannot. */
export function readMonth(text: string): { readonly rows: UsageRow[]; readonly broken: number } {
  const lines = text.split('\n').filter((line) => line !== '');
  const rows = lines.slice(1).flatMap((line) => {
    const row = Row.safeParse(parse(line));
    return row.success ? [row.data] : [];
  });
  const isHeaded = Head.safeParse(parse(lines[0] ?? '')).success;
  return { rows, broken: Math.max(0, lines.length - 1) - rows.length + (isHeaded ? 0 : 1) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function plus(one: Figures, other: Figures): Figures {
  return {
    requests: one.requests + other.requests,
    refused: one.refused + other.refused,
    promptTokens: one.promptTokens + other.promptTokens,
    generatedTokens: one.generatedTokens + other.generatedTokens,
    engineMs: one.engineMs + other.engineMs,
  };
}

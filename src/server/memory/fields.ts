/** Fields of requests over what is kept of people, checked; and what their answers have in common. */
import { refuseField } from '../knowledge/fields.ts';

export const JSON_LINES = 'application/jsonl; charset=utf-8';

/** One of these words; undefined where there is none. */
export function choiceField<T extends string>(value: unknown, param: string, all: readonly T[]): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = all.find((one) => one === value);
  if (found !== undefined) return found;
  throw refuseField(param, `\`${param}\` is one of ${all.join(', ')}.`);
}

/** A number from 0 to 1. */
export function shareField(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw refuseField(param, `\`${param}\` is a number from 0 to 1.`);
}

/** Of `limit` and one more: the page, and by what id the next one begins. */
export function pageOf<T extends { readonly id: string }>(found: readonly T[], limit: number) {
  const page = found.slice(0, limit);
  return { page, next: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** A line may come with its end or without. */
export async function* inLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield line.endsWith('\n') ? line : `${line}\n`;
}

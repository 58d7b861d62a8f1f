import { AppError } from '../../shared/errors.ts';
import type { Identity } from '../identity/contract.ts';
import type { UsedToday } from '../usage/usage-book.ts';

/** What is said to a key that has used up its day; undefined: it has not. `active`: its requests under way, which are not counted yet. */
export function budgetRefusal(
  { scopes }: Identity,
  used: UsedToday,
  active: number,
  untilTomorrowMs: number,
): AppError | undefined {
  const { requestsPerDay = Infinity, tokensPerDay = Infinity } = scopes.budget ?? {};
  const what =
    used.requests + active >= requestsPerDay
      ? `${requestsPerDay} requests`
      : used.tokens >= tokensPerDay
        ? `${tokensPerDay} tokens`
        : undefined;
  if (what === undefined) return undefined;
  const message = `This key may use ${what} a day (its budget) and has done so. The next day begins at 00:00 UTC.`;
  return new AppError('budget_exhausted', message, {
    retryAfterSeconds: Math.max(1, Math.ceil(untilTomorrowMs / 1_000)),
  });
}

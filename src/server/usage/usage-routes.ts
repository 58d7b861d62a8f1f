import type { ColdApp } from '../cold-context.ts';
import type { UsageBook } from './usage-book.ts';

export interface UsageRoutesOptions {
  /** Undefined: nothing is kept. */
  readonly usage: () => UsageBook | undefined;
}

/** Where people ask what they have used. What answers is loaded with the first request. */
export function addUsageRoutes(app: ColdApp, { usage }: UsageRoutesOptions): void {
  app.get('/api/usage', async (context) => (await import('./usage-answer.ts')).usageAnswer(context, usage()));
}

import { join } from 'node:path';

import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { UsageBook } from './usage-book.ts';
import { UsageFiles } from './usage-files.ts';

/** The book of a state directory, with what was used in this month. */
export async function openUsage(options: {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): Promise<UsageBook> {
  const { stateDir, clock, logger } = options;
  const book = new UsageBook({ files: new UsageFiles(join(stateDir, 'usage'), logger), clock, logger });
  await book.open();
  return book;
}

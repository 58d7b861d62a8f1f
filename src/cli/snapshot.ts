import type { BudgetView, ExpertView, StatsView } from '../server/views.ts';
import type { Client } from './client.ts';
import { listExperts } from './experts.ts';

export interface Snapshot {
  readonly stats: StatsView;
  readonly experts: readonly ExpertView[];
  readonly budget: BudgetView;
}

/** Everything that a table shows, read at one moment. */
export async function readSnapshot(client: Client, signal?: AbortSignal): Promise<Snapshot> {
  const [stats, experts, budget] = await Promise.all([
    client.json<StatsView>('/stats', { signal }),
    listExperts(client, signal),
    client.json<BudgetView>('/api/budget', { signal }),
  ]);
  return { stats, experts, budget };
}

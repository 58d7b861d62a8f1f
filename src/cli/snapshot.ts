import type { ExpertView, StatsView } from '../server/views.ts';
import type { Client } from './client.ts';
import { listExperts } from './experts.ts';

export interface Snapshot {
  readonly stats: StatsView;
  readonly experts: readonly ExpertView[];
}

/** Everything that a table shows, read at one moment. */
export async function readSnapshot(client: Client, signal?: AbortSignal): Promise<Snapshot> {
  const [stats, experts] = await Promise.all([
    client.json<StatsView>('/stats', { signal }),
    listExperts(client, signal),
  ]);
  return { stats, experts };
}

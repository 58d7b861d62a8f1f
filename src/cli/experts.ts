import type { ExpertView } from '../server/views.ts';
import type { Client } from './client.ts';

export async function listExperts(client: Client, signal?: AbortSignal): Promise<ExpertView[]> {
  return (await client.json<{ experts: ExpertView[] }>('/api/experts', { signal })).experts;
}

/** The management path of an expert; `action` as in design section 6. */
export function expertPath(id: string, action = ''): string {
  return `/api/experts/${encodeURIComponent(id)}${action}`;
}

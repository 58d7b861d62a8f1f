/** Talking to a running llama-server behind the orchestrator's back: its address and key are read from /proc. */
import { Client, request } from 'undici';

import { allProcesses, environmentOf } from './processes.ts';

export interface SlotView {
  id: number;
  is_processing: boolean;
}

/** `GET /slots` of the engine with this pid: what it works on right now. */
export async function slotsOf(pid: number): Promise<SlotView[]> {
  const argv = allProcesses().find((entry) => entry.pid === pid)?.argv ?? [];
  const after = (flag: string) => argv[argv.indexOf(flag) + 1] ?? '';
  const headers = { authorization: `Bearer ${environmentOf(pid)['LLAMA_API_KEY']}` };
  const host = after('--host');
  if (!host.startsWith('/')) {
    const answer = await request(`http://${host}:${after('--port')}/slots`, { headers });
    return (await answer.body.json()) as SlotView[];
  }
  const client = new Client('http://engine', { socketPath: host });
  try {
    const answer = await client.request({ path: '/slots', method: 'GET', headers });
    return (await answer.body.json()) as SlotView[];
  } finally {
    await client.close();
  }
}

export async function busySlots(pid: number): Promise<number> {
  return (await slotsOf(pid)).filter((slot) => slot.is_processing).length;
}

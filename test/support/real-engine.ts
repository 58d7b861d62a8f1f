/** Talking to a running llama-server behind the orchestrator's back: its address and key are read from /proc. */
import { Client, request } from 'undici';

import { allProcesses, environmentOf } from './processes.ts';

export interface SlotView {
  id: number;
  is_processing: boolean;
}

/** `GET /slots` of the engine with this pid: what it works on right now. */
export async function slotsOf(pid: number): Promise<SlotView[]> {
  return (await askEngine(pid, '/slots')) as SlotView[];
}

/** The prompt that the engine makes of these messages. */
export async function promptOf(pid: number, messages: readonly object[]): Promise<string> {
  const { prompt } = (await askEngine(pid, '/apply-template', { messages })) as { prompt: string };
  return prompt;
}

async function askEngine(pid: number, path: string, body?: object): Promise<unknown> {
  const argv = allProcesses().find((entry) => entry.pid === pid)?.argv ?? [];
  const after = (flag: string) => argv[argv.indexOf(flag) + 1] ?? '';
  const options = {
    method: body ? ('POST' as const) : ('GET' as const),
    headers: { authorization: `Bearer ${environmentOf(pid)['LLAMA_API_KEY']}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  };
  const host = after('--host');
  if (!host.startsWith('/')) {
    const answer = await request(`http://${host}:${after('--port')}${path}`, options);
    return answer.body.json();
  }
  const client = new Client('http://engine', { socketPath: host });
  try {
    const answer = await client.request({ path, ...options });
    return await answer.body.json();
  } finally {
    await client.close();
  }
}

export async function busySlots(pid: number): Promise<number> {
  return (await slotsOf(pid)).filter((slot) => slot.is_processing).length;
}

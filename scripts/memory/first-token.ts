/** What memory adds to the time until the first token of an answer: whole orchestrators, with an engine that takes no time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startOrchestrator } from '../bench/orchestrator.ts';
import { stopAll } from '../bench/programs.ts';
import { median, quantile } from '../bench/statistics.ts';
import { Synthetic } from '../knowledge/synthetic.ts';
import type { Table } from '../knowledge/table.ts';
import { FAKE_ENGINE } from '../../test/support/fake-expert.ts';
import { memoryOf } from './speed.ts';

const MEMORIES = 10_000;
const ROUNDS = 200;
const WARM_UP = 20;
const MUST_MS = 15;
const EXPERT = 'fake';
const USER = 'ana';
const LINES_A_POST = 2_000;

export interface FirstTokenResult {
  readonly table: Table;
  readonly failures: readonly string[];
}

type Ask = (text: string) => Promise<number>;

export async function firstTokenTable(say: (text: string) => void): Promise<FirstTokenResult> {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-memory-'));
  const agent = new Agent({ keepAlive: true });
  try {
    say('two orchestrators are started');
    const off = await start(join(folder, 'off'), { enabled: false });
    const on = await start(join(folder, 'on'), { enabled: true });
    say(`${MEMORIES.toLocaleString('en')} memories are imported`);
    await importMemories(on);
    const asks: Readonly<Record<string, Ask>> = {
      'off in the profile': (text) => ask(off, { agent, text, memory: undefined }),
      'on, off in the request': (text) => ask(on, { agent, text, memory: false }),
      'on, 10,000 memories': (text) => ask(on, { agent, text, memory: true }),
    };
    say(`${ROUNDS} requests each, in turns`);
    const took = await inTurns(asks);
    const base = median(took['off in the profile'] ?? []);
    const rows = Object.entries(took).map(([name, all]) => {
      const [p50, p99] = [median(all), quantile(all, 0.99)];
      const added = `${(p50 - base).toFixed(2)} ms (× ${(p50 / base).toFixed(2)})`;
      return [name, `${p50.toFixed(2)} / ${p99.toFixed(2)} ms`, name === 'off in the profile' ? '' : added];
    });
    const added = median(took['on, 10,000 memories'] ?? []) - base;
    return {
      table: [
        ['time to the first token', 'p50 / p99', `added (must: ≤ ${MUST_MS} ms when on, nothing when off)`],
        ...rows,
      ],
      failures: added > MUST_MS ? [`memory adds ${added.toFixed(1)} ms to the time to the first token`] : [],
    };
  } finally {
    agent.destroy();
    await stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function start(directory: string, memory: Readonly<Record<string, unknown>>): Promise<string> {
  const argv = [process.execPath, FAKE_ENGINE, '--socket', '{socket}', '--parallel', '4'];
  const expert = {
    engine: 'command',
    command: { argv, env: { FAKE_KEY: '{key}' } },
    idleUnload: '1h',
    context: 32_768,
  };
  const { url } = await startOrchestrator({ directory, profile: { [EXPERT]: expert }, more: { memory } });
  await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: EXPERT, messages: [{ role: 'user', content: 'hi' }] }),
  }).then((response) => response.text());
  return url;
}

async function importMemories(url: string): Promise<void> {
  while ((await fetch(`${url}/api/memory`)).status === 503) await new Promise((resolve) => setTimeout(resolve, 50));
  const synthetic = new Synthetic(1);
  const header = JSON.stringify({ orchestrator: 'memory', version: 1, created: new Date().toISOString(), user: USER });
  for (let done = 0; done < MEMORIES; done += LINES_A_POST) {
    const lines = Array.from({ length: LINES_A_POST }, (_, index) => {
      const number = done + index;
      const { hash: _made, ...memory } = memoryOf(`${synthetic.text(6, 20_000)} n${number.toString(36)}`, number);
      return JSON.stringify({ type: 'memory', id: `mem_${number}`, ...memory });
    });
    const response = await fetch(`${url}/api/memory/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'x-orchestrator-user': USER },
      body: [header, ...lines].join('\n'),
    });
    if (!response.ok) throw new Error(`the import was answered ${response.status}: ${await response.text()}`);
  }
}

/** Every other round backwards: nobody is always the one after the heaviest. */
async function inTurns(asks: Readonly<Record<string, Ask>>): Promise<Record<string, number[]>> {
  const synthetic = new Synthetic(9);
  const took: Record<string, number[]> = Object.fromEntries(Object.keys(asks).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    const order = Object.entries(asks);
    const text = `¿${synthetic.text(8, 20_000)}?`;
    for (const [name, one] of round % 2 === 0 ? order : order.toReversed()) {
      const ms = await one(text);
      if (round >= WARM_UP) took[name]?.push(ms);
    }
  }
  return took;
}

/** Milliseconds until the first piece of the answer's text. */
function ask(
  url: string,
  { agent, text, memory }: { readonly agent: Agent; readonly text: string; readonly memory: boolean | undefined },
): Promise<number> {
  const body = JSON.stringify({
    model: EXPERT,
    stream: true,
    max_tokens: 1,
    messages: [{ role: 'user', content: text }],
    ...(memory !== undefined && { orchestrator: { memory } }),
  });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-orchestrator-user': USER,
  };
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let first = Number.NaN;
    let received = '';
    const outgoing = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent }, (response) => {
      response.on('data', (chunk: Buffer) => {
        received += chunk.toString();
        if (Number.isNaN(first) && received.includes('"content":"')) first = performance.now() - startedAt;
      });
      response.on('end', () => {
        if (Number.isNaN(first))
          reject(new Error(`an answer without text: ${response.statusCode} ${received.slice(0, 300)}`));
        else resolve(first);
      });
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

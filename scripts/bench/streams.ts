import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startOrchestrator } from './orchestrator.ts';
import { startProgram } from './programs.ts';
import type { BenchContext } from './report.ts';
import { interleave, median } from './statistics.ts';
import { TOKEN_FRAME } from './stream-token.ts';

export const STREAMS = 200;
export const TOKENS_PER_SECOND = 50;
const SECONDS = 4;
/** All streams have begun before it and none has ended. */
const WINDOW_MS = { from: 1_000, to: 3_000 };

/** Tokens per second that all streams together delivered. */
export interface StreamRates {
  readonly direct: number;
  readonly ours: number;
}

/** Many streams at once from an endpoint of a fixed rate: direct and through ours. */
export async function measureStreams({ folder, rounds, say }: BenchContext): Promise<StreamRates> {
  say(`${STREAMS} streams of ${TOKENS_PER_SECOND} tokens/s`);
  const directory = folder('streams');
  const script = join(fileURLToPath(import.meta.url), '..', 'stream-stub.ts');
  const stub = startProgram([process.execPath, script, String(TOKENS_PER_SECOND), String(SECONDS)]);
  if (stub.child.stdout) await once(stub.child.stdout, 'data');
  const url = `http://127.0.0.1:${stub.output().trim()}`;
  const ours = await startOrchestrator({ directory, profile: { stub: { engine: 'remote', url, parallel: 1_024 } } });
  const runs = await interleave({ direct: () => readAll(url), ours: () => readAll(ours.url) }, rounds + 1);
  await ours.program.stop();
  await stub.stop();
  // The first round warms up.
  const rate = (name: string) => median((runs[name] ?? []).slice(1));
  return { direct: rate('direct'), ours: rate('ours') };
}

async function readAll(url: string): Promise<number> {
  const agent = new Agent({ maxSockets: STREAMS, keepAlive: true });
  let bytes = 0;
  const body = JSON.stringify({ model: 'stub', stream: true, messages: [{ role: 'user', content: 'Count.' }] });
  const ended = Array.from({ length: STREAMS }, () =>
    readOne(`${url}/v1/chat/completions`, body, agent, (length) => (bytes += length)),
  );
  const all = Promise.all(ended);
  await delay(WINDOW_MS.from);
  const [before, from] = [bytes, performance.now()];
  await delay(WINDOW_MS.to - WINDOW_MS.from);
  const rate = (bytes - before) / TOKEN_FRAME.length / ((performance.now() - from) / 1_000);
  const complete = await all;
  agent.destroy();
  const broken = complete.filter((length) => length < TOKEN_FRAME.length * TOKENS_PER_SECOND * SECONDS).length;
  if (broken > 0) throw new Error(`${broken} of ${STREAMS} streams at ${url} were not complete`);
  return rate;
}

function readOne(url: string, body: string, agent: Agent, onBytes: (length: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(url, { method: 'POST', headers, agent }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        onBytes(chunk.length);
      });
      response.on('end', () => resolve(length));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

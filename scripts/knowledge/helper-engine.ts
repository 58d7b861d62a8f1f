/** A real llama-server that embeds or ranks, started as the product would start it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Client } from 'undici';

import { installEngine } from '../../src/binaries/install.ts';
import { probeProgram } from '../../src/binaries/probe.ts';
import { llamaServer } from '../../src/engines/llama-server.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import type { Upstream } from '../../src/supervisor/host.ts';
import { REAL_ENGINES_DIR } from '../../test/support/real-parts.ts';
import { asExpert, type LlamaExpert } from '../footprint/real-run.ts';

const KEY = 'knowledge-bench';
const READY_MS = 60_000;

export interface HelperEngine {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

/** @param model A GGUF file. */
export async function startHelper(model: string, settings: Readonly<Record<string, unknown>>): Promise<HelperEngine> {
  const environment: NodeJS.ProcessEnv = { ...process.env, ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR };
  const paths = resolvePaths(environment);
  const build = await installEngine('llama-server', { backend: 'cpu', paths, environment });
  const program = await probeProgram(build.program, { paths });
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-knowledge-'));
  const socket = join(folder, 'engine.sock');
  const expert: LlamaExpert = asExpert({ model: { path: model }, ...settings });
  const { command, args } = llamaServer.launch(expert, {
    program,
    files: { model },
    listen: { kind: 'socket', path: socket },
    apiKey: KEY,
    cores: availableParallelism(),
  });
  const env = { PATH: '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8', LLAMA_API_KEY: KEY };
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], env });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} cannot be executed`);
  // A session of its own: without this it would outlive an interrupted benchmark.
  const endWithUs = () => void process.kill(-pid, 'SIGKILL');
  process.once('exit', endWithUs);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)));
  const ended = once(child, 'close');
  const client = new Client('http://engine', { socketPath: socket, headersTimeout: 0, bodyTimeout: 0 });
  const close = async () => {
    process.off('exit', endWithUs);
    await client.destroy();
    if (child.exitCode === null && child.signalCode === null) endWithUs();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  for (const start = performance.now(); !(await isReady(client)); await delay(20)) {
    if (child.exitCode === null && performance.now() - start < READY_MS) continue;
    await close();
    throw new Error(`the engine with ${model} does not get ready:\n${log}`);
  }
  const upstream: Upstream = {
    dispatcher: client,
    origin: 'http://engine',
    headers: { authorization: `Bearer ${KEY}` },
  };
  return { upstream, close };
}

async function isReady(client: Client): Promise<boolean> {
  try {
    const { statusCode, body } = await client.request({ path: '/health', method: 'GET' });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

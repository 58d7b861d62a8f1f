/** The real llama-server with the tiny generated model, through ours and started by hand. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { installEngine } from '../../src/binaries/install.ts';
import { REAL_ENGINES_DIR, TINY_MODEL } from '../../test/support/real-parts.ts';
import { buildGguf } from '../build-gguf.ts';
import { type Orchestrator, startOrchestrator } from './orchestrator.ts';
import { type Answer, ask, type Program, startProgram } from './programs.ts';
import type { BenchContext } from './report.ts';

export const EXPERT = 'tiny';
export { TINY_MODEL } from '../../test/support/real-parts.ts';

/** Installs what the measurements need where it is not in the test cache yet. */
export async function prepareEngine({ paths, say }: BenchContext): Promise<{ readonly program: string }> {
  const options = { backend: 'cpu', environment: process.env, log: say } as const;
  const build = await installEngine('llama-server', { ...options, paths: { ...paths, enginesDir: REAL_ENGINES_DIR } });
  if (!existsSync(TINY_MODEL)) await buildGguf({ path: TINY_MODEL });
  return build;
}

export function startOurs(directory: string): Promise<Orchestrator> {
  const model = { path: TINY_MODEL };
  const expert = { engine: 'llama-server', model, context: 2_048, parallel: 2, threads: 1, idleUnload: '1h' };
  return startOrchestrator({
    directory,
    profile: { [EXPERT]: expert },
    env: { ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR },
  });
}

/** One token of a completion. */
export const ONE_TOKEN = { model: EXPERT, prompt: 'The capital of France is', max_tokens: 1, temperature: 0 };

/** The argv with which ours started the engine last, as its log says. */
export function engineArgv({ stateDir }: Orchestrator): string[] {
  const log = readFileSync(join(stateDir, 'logs', `${EXPERT}.log`), 'utf8');
  const line = log.split('\n').findLast((one) => one.includes('[orchestrator] starting: '));
  const words = line?.split('[orchestrator] starting: ')[1]?.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  if (words.length === 0) throw new Error(`the log of ${EXPERT} does not say how the engine was started`);
  return words.map((word) => (word.startsWith('"') ? (JSON.parse(word) as string) : word));
}

/** The same argv at another address: a unix socket where ours used one, so that both are alike. */
export function at(argv: readonly string[], address: string): string[] {
  const flag = address.startsWith('/') ? '--host' : '--port';
  return argv.map((word, index) => (argv[index - 1] === flag ? address : word));
}

/** The same argv on a TCP port. */
export function onPort(argv: readonly string[], port: number): string[] {
  const host = argv.indexOf('--host');
  const rest = argv.filter((_word, index) => index !== host && index !== host + 1);
  const without = rest.filter((word, index) => word !== '--port' && rest[index - 1] !== '--port');
  return [...without, '--host', '127.0.0.1', '--port', String(port)];
}

export interface HandStarted {
  readonly program: Program;
  /** One token from it; retries while it starts. */
  readonly firstToken: Answer;
}

/** What a careful person's script does: spawn, ask /health until it says yes, ask for a token. */
export async function startByHand(argv: readonly string[], address: string | number): Promise<HandStarted> {
  const program = startProgram(argv);
  const where = typeof address === 'string' ? { socketPath: address } : {};
  const url = typeof address === 'string' ? 'http://engine' : `http://127.0.0.1:${address}`;
  for (const deadline = performance.now() + 60_000; ; await delay(1)) {
    const { status } = await ask(`${url}/health`, where).catch(() => ({ status: 0 }));
    if (status === 200) break;
    if (program.child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`the engine did not start:\n${program.output()}`);
    }
  }
  const firstToken = await ask(`${url}/v1/completions`, { ...where, body: { ...ONE_TOKEN, stream: true } });
  return { program, firstToken };
}

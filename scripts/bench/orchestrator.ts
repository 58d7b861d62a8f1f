import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/shared/package-root.ts';
import { freePort, type Program, startProgram, untilAnswers } from './programs.ts';

export interface Orchestrator {
  readonly url: string;
  readonly program: Program;
  readonly stateDir: string;
}

export interface OrchestratorOptions {
  /** For state, profile and the like; one orchestrator each. */
  readonly directory: string;
  /** A shipped profile by name, or the experts of one that is made here. */
  readonly profile: string | Readonly<Record<string, unknown>>;
  /** Beside its experts, of a profile that is made here. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the real program, `bin/orchestrator.mjs up`: the bundle under the bundled Node, as a user has it. */
export async function startOrchestrator(
  options: OrchestratorOptions,
): Promise<Orchestrator & { readonly upMs: number }> {
  const { directory, profile, more } = options;
  const stateDir = join(directory, 'state');
  mkdirSync(stateDir, { recursive: true });
  const port = await freePort();
  const env = { ...process.env, ...options.env, ORCHESTRATOR_STATE_DIR: stateDir };
  const name = typeof profile === 'string' ? profile : writeProfile(directory, { experts: profile, ...more });
  const bin = join(packageRoot(), 'bin', 'orchestrator.mjs');
  const startedAt = performance.now();
  const program = startProgram([bin, 'up', '--profile', name, '--port', String(port), '--log-level', 'warn'], { env });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}/healthz`, program);
  return { url, program, stateDir, upMs: performance.now() - startedAt };
}

function writeProfile(directory: string, profile: Readonly<Record<string, unknown>>): string {
  const file = join(directory, 'bench.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ name: 'bench', ...profile, limits: { connectionsPerAddress: 4_096 } }));
  return file;
}

import { bitnet } from './bitnet.ts';
import { command } from './command.ts';
import type { Adapter } from './contract.ts';
import { llamaServer } from './llama-server.ts';
import { remote } from './remote.ts';
import { vllm } from './vllm.ts';

/** Every engine. Validation, editor help and the command line's choices follow from this. */
export const ENGINES = {
  'llama-server': llamaServer,
  vllm,
  bitnet,
  command,
  remote,
} as const satisfies Record<string, Adapter>;

export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export function adapterOf(engine: string): Adapter {
  const adapter = Object.hasOwn(ENGINES, engine) ? ENGINES[engine as EngineName] : undefined;
  if (!adapter) throw new Error(`no adapter for engine ${engine}`);
  return adapter;
}

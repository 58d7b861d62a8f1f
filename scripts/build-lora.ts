// Writes a LoRA adapter with seeded random weights for a GGUF model: one that visibly changes what the model says.
// node scripts/build-lora.ts --base model.gguf --path adapter.gguf [--seed 1] [--rank 4]
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { writeGguf } from '../src/models/gguf-writer.ts';
import type { WritableTensor } from '../src/models/gguf-writer.ts';
import { readGgufHeader } from '../src/models/gguf.ts';
import { formatBytes } from '../src/shared/units.ts';
import type { BuiltModel } from './build-gguf.ts';
import { matrix } from './lib/seeded-weights.ts';

export interface LoraOptions {
  /** Where the file goes; one that is there is replaced. */
  readonly path: string;
  /** The GGUF file that it adapts. */
  readonly base: string;
  /** The same base, rank and seed give the same bytes. */
  readonly seed?: number;
  readonly rank?: number;
}

/** The matrices whose results are added to the hidden state. */
const ADAPTED = /^blk\.\d+\.(?:attn_output|ffn_down)\.weight$/;
/** How much of a contribution is the adapter's. */
const STRENGTH = 4;

/** Writes an adapter for a generated model (or any other with such layers). */
export async function buildLora(options: LoraOptions): Promise<BuiltModel> {
  const { seed = 1, rank = 4 } = options;
  const path = resolve(options.path);
  const { architecture, tensors } = await readGgufHeader(options.base);
  const adapted = tensors.filter(({ name }) => ADAPTED.test(name));
  if (adapted.length === 0) throw new Error(`${options.base} has no layers that an adapter is written for here`);
  const text = (value: string) => ({ type: 'string', value }) as const;
  const metadata = {
    'general.type': text('adapter'),
    'general.architecture': text(architecture),
    'adapter.type': text('lora'),
    'adapter.lora.alpha': { type: 'f32', value: rank },
  } as const;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.part`;
  try {
    const pairs = adapted.flatMap(({ name, dims }) => pairFor(name, dims, rank, seed));
    const written = await writeGguf(temporary, { metadata, tensors: pairs });
    await rename(temporary, path);
    return { path, ...written };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Two narrow matrices; the first output stays as it is, for it steers generated models. */
function pairFor(
  name: string,
  [input = 0, output = 0]: readonly number[],
  rank: number,
  seed: number,
): WritableTensor[] {
  const down = { name: `${name}.lora_a`, columns: input, rows: rank, spread: 1 / Math.sqrt(input) };
  const up = { name: `${name}.lora_b`, columns: rank, rows: output, spread: STRENGTH / Math.sqrt(rank) };
  return [matrix({ ...down, seed, single: true }), matrix({ ...up, seed, single: true, zeroFirstRow: true })];
}

async function main(): Promise<void> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({ options: { path: string, base: string, seed: string, rank: string } });
  if (!values.path || !values.base) throw new Error('--base MODEL and --path ADAPTER are needed');
  const { path, bytes, sha256 } = await buildLora({
    path: values.path,
    base: values.base,
    ...(values.seed && { seed: Number(values.seed) }),
    ...(values.rank && { rank: Number(values.rank) }),
  });
  console.log(`${path}  ${formatBytes(bytes)}  sha256 ${sha256}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  });
}

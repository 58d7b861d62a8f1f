// Gets what `npm run test:bitnet` needs: today's llama-server, generated 1.58-bit models, and a llama-server of October 2024 built
// from the source package of llama-cpp-python 0.3.1 (three minutes on two cores). Kept in the XDG cache; a second run finds it there.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

import { installEngine } from '../src/binaries/install.ts';
import { run } from '../src/binaries/run.ts';
import { readGgufHeader } from '../src/models/gguf.ts';
import { resolvePaths } from '../src/shared/paths.ts';
import {
  BITNET_PARTS,
  bitnetEnvironment,
  engineFolder,
  I2S_MODEL,
  NUMB_MODEL,
  OLD_SERVER,
  TERNARY_MODEL,
} from '../test/support/bitnet-parts.ts';
import { buildGguf } from './build-gguf.ts';

const SOURCES = 'llama-cpp-python==0.3.1';
const SAY_EVERY_MS = 5_000;
const I2_S = 36;

const say = (text: string) => console.error(`prepare-bitnet: ${text}`);
const childEnvironment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', LANG: 'C.UTF-8' };

await mkdir(BITNET_PARTS, { recursive: true });
const environment = { ...process.env, ...bitnetEnvironment };
await installEngine('llama-server', { backend: 'cpu', paths: resolvePaths(environment), environment, log: say });
if (![TERNARY_MODEL, NUMB_MODEL, I2S_MODEL].every((path) => existsSync(path))) await makeModels();
if (!existsSync(OLD_SERVER)) await buildOldServer();

/** TQ types need rows of a multiple of 256. */
async function makeModels(): Promise<void> {
  const work = await mkdtemp(join(BITNET_PARTS, '.models-'));
  try {
    const full = join(work, 'f16.gguf');
    await buildGguf({ path: full, name: 'Ternary', embeddingLength: 256, feedForwardLength: 512, seed: 3 });
    await quantise(full, TERNARY_MODEL);
    await numb(full);
    await quantise(full, NUMB_MODEL);
    await relabel(TERNARY_MODEL, I2S_MODEL);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  say(`1.58-bit models are in ${BITNET_PARTS}`);
}

async function quantise(from: string, to: string): Promise<void> {
  const part = `${from}.quantised`;
  await must([join(engineFolder(), 'llama-quantize'), from, part, 'TQ2_0']);
  await rename(part, to);
}

/** Zeros in place of the output layer: every token is as likely as any other, and the first of them always wins. */
async function numb(path: string): Promise<void> {
  const { tensors, dataOffset } = await readGgufHeader(path);
  const output = tensors.find(({ name }) => name === 'output.weight');
  if (!output?.bytes) throw new Error('the generated model has no output layer of its own');
  const bytes = await readFile(path);
  bytes.fill(0, dataOffset + output.offset, dataOffset + output.offset + output.bytes);
  await writeFile(path, bytes);
}

/** What the header of an i2_s file looks like to whoever reads no further. */
async function relabel(from: string, to: string): Promise<void> {
  const bytes = await readFile(from);
  const name = 'blk.0.ffn_down.weight';
  const dimensions = bytes.indexOf(name) + name.length;
  bytes.writeUInt32LE(I2_S, dimensions + 4 + 8 * bytes.readUInt32LE(dimensions));
  const part = `${to}.part`;
  await writeFile(part, bytes);
  await rename(part, to);
}

/** Without a compiler there is nothing to build, and the tests that need it say so. */
async function buildOldServer(): Promise<void> {
  const missing = [];
  for (const [tool, ...others] of [['cmake'], ['c++', 'g++', 'clang++'], ['make', 'ninja']] as const) {
    const found = await Promise.all([tool, ...others].map(has));
    if (!found.includes(true)) missing.push(tool);
  }
  if (missing.length > 0)
    return say(`no llama-server of 2024: ${missing.join(', ')} missing (apt install cmake g++ make)`);
  const work = await mkdtemp(join(BITNET_PARTS, '.build-'));
  try {
    say(`fetching ${SOURCES} (64 MB)`);
    const pip = [
      'python3',
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--no-binary',
      ':all:',
      '--disable-pip-version-check',
    ];
    await must([...pip, '--progress-bar', 'off', '--dest', work, SOURCES]);
    const archive = (await readdir(work)).find((file) => file.endsWith('.tar.gz'));
    if (archive === undefined) throw new Error(`pip left no source package of ${SOURCES}`);
    await must(['tar', '-xzf', join(work, archive), '-C', work]);
    const source = join(work, archive.replace(/\.tar\.gz$/, ''), 'vendor', 'llama.cpp');
    const options = ['-DCMAKE_BUILD_TYPE=Release', '-DBUILD_SHARED_LIBS=OFF', '-DGGML_OPENMP=OFF'];
    const parts = ['-DLLAMA_BUILD_SERVER=ON', '-DLLAMA_BUILD_TESTS=OFF', '-DLLAMA_CURL=OFF'];
    const generator = (await has('ninja')) ? ['-G', 'Ninja'] : [];
    await must(['nice', '-n', '19', 'cmake', '-S', source, '-B', join(work, 'b'), ...generator, ...options, ...parts]);
    const jobs = String(availableParallelism());
    await must(['nice', '-n', '19', 'cmake', '--build', join(work, 'b'), '-j', jobs, '--target', 'llama-server']);
    const ready = join(work, 'ready');
    await mkdir(ready);
    await copyFile(join(work, 'b', 'bin', 'llama-server'), join(ready, 'llama-server'));
    await rename(ready, dirname(OLD_SERVER));
    say(`a llama-server of 2024 is ${OLD_SERVER}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function has(program: string): Promise<boolean> {
  const found = await run('sh', ['-c', 'command -v "$1"', 'sh', program], { env: childEnvironment });
  return found.exitCode === 0;
}

/** Runs a program to its end and shows every few seconds how far it is. */
async function must([program = '', ...args]: readonly string[]): Promise<void> {
  let last = performance.now();
  const { exitCode, stdout, stderr } = await run(program, args, {
    env: childEnvironment,
    onLine: (line) => {
      if (performance.now() - last < SAY_EVERY_MS) return;
      last = performance.now();
      say(line.slice(0, 100));
    },
  });
  if (exitCode !== 0)
    throw new Error(`${program} ${args[0]} ended with ${exitCode}:\n${`${stdout}${stderr}`.slice(-2_000)}`);
}

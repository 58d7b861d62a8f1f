import type { Gpu } from '../engines/contract.ts';
import { findOnPath } from './builds.ts';
import { run } from './run.ts';

/** Milliseconds; a driver in trouble makes `nvidia-smi` hang. */
const SMI_TIMEOUT = 5_000;
const QUERY = ['--query-gpu=index,uuid,name,memory.total', '--format=csv,noheader,nounits'];

/** NVIDIA's GPUs of this machine; none where there is no driver, or it does not answer. */
export async function readGpus(environment: NodeJS.ProcessEnv): Promise<Gpu[]> {
  const program = findOnPath('nvidia-smi', environment);
  if (!program) return [];
  try {
    const env = { PATH: environment['PATH'] ?? '', LANG: 'C' };
    const { exitCode, stdout } = await run(program, QUERY, { env, timeoutMs: SMI_TIMEOUT });
    return exitCode === 0 ? parseGpus(stdout) : [];
  } catch {
    return [];
  }
}

/** Lines of `0, GPU-6a…, NVIDIA GeForce RTX 4080, 16376`; MiB. Devices that do not say their memory are left out. */
export function parseGpus(listing: string): Gpu[] {
  return listing.split('\n').flatMap((line) => {
    const [index, uuid, ...rest] = line.split(',').map((field) => field.trim());
    const mebibytes = Number(rest.at(-1));
    if (index === undefined || uuid === undefined || rest.length < 2 || !(mebibytes > 0)) return [];
    return [{ index: Number(index), uuid, name: rest.slice(0, -1).join(', '), totalBytes: mebibytes * 2 ** 20 }];
  });
}

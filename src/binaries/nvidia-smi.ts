/**
 * GPU memory by `nvidia-smi`, out of process: a driver that hangs hangs the child, which is killed and, when even that does not end
 * it, left behind unawaited.
 */
import type { Gpu } from '../engines/contract.ts';
import { runTimeBoxed } from '../shared/time-boxed.ts';
import { WSL_TOOLS } from './wsl.ts';

export interface GpuDevice {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** Undefined where the driver does not say (unified memory, a device in trouble). */
  readonly totalBytes: number | undefined;
  readonly usedBytes: number | undefined;
  readonly freeBytes: number | undefined;
  /** What the driver says in place of a number when the device has a fault: `ERR!`, `[GPU is lost]`. */
  readonly trouble?: string;
}

export interface GpuProcess {
  readonly uuid: string;
  readonly pid: number;
  /** Undefined under WSL2 and WDDM. */
  readonly bytes: number | undefined;
}

export interface GpuReading {
  readonly devices: readonly GpuDevice[];
  readonly processes: readonly GpuProcess[];
  /** Whether the bytes of single processes are to be had here; true as long as nothing speaks against it. */
  readonly perProcess: boolean;
}

export interface GpuProblem {
  /**
   * `absent`: no such program; `timeout`: it hung; `lost`: it says that there is no device, or none any more; `failed`: it ended with a
   * code; `garbled`: what it said is not its format.
   */
  readonly kind: 'absent' | 'timeout' | 'lost' | 'failed' | 'garbled';
  readonly message: string;
  /** After a timeout: whether the program still does not end, although it was killed. Then there is no use in another. */
  readonly stillRunning?: (() => boolean) | undefined;
}

export type GpuAnswer =
  | { readonly reading: GpuReading; readonly problem?: undefined }
  | { readonly reading?: undefined; readonly problem: GpuProblem };

export interface GpuQueryOptions {
  /** The program; default `nvidia-smi`. */
  readonly program?: string | undefined;
  /** Searched after the PATH; default: where WSL2 has it. */
  readonly folder?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Milliseconds for both questions together; default 2,000. */
  readonly timeoutMs?: number | undefined;
}

/** For what is asked again and again. */
const TIMEOUT_MS = 2_000;
/** Milliseconds for what is asked once: a driver that nothing has used yet takes its time. */
const ONCE_MS = 5_000;
const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';
const MiB = 2 ** 20;
const DEVICE_FIELDS = 'index,uuid,name,memory.total,memory.used,memory.free';
const PROCESS_FIELDS = 'gpu_uuid,pid,used_gpu_memory';
const FORMAT = '--format=csv,noheader,nounits';
/** Of nvidia-smi: no object found, the driver is not loaded, a GPU has fallen off the bus. */
const LOST_CODES: readonly (number | null)[] = [6, 9, 15];
const LOST_WORDS = /no devices were found|gpu is lost|fallen off the bus/i;
const FAULTS = /ERR!|unknown error|lost|requires reset/i;

/** Both questions, side by side. Never rejects, and answers within the time it is given. */
export async function queryGpus(options: GpuQueryOptions): Promise<GpuAnswer> {
  const [devices, processes] = await Promise.all([
    queryDevices(options),
    ask(`--query-compute-apps=${PROCESS_FIELDS}`, options),
  ]);
  if ('kind' in devices) return { problem: devices };
  // Devices without their processes are still worth having: it is what WSL2 amounts to.
  const apps = 'kind' in processes ? undefined : parseProcesses(processes.text);
  return {
    reading: {
      devices,
      processes: apps ?? [],
      perProcess: apps !== undefined && apps.every(({ bytes }) => bytes !== undefined),
    },
  };
}

/** NVIDIA's GPUs of this machine, asked once; none where there is no driver, or it does not answer. Never rejects. */
export async function readDevices(environment: NodeJS.ProcessEnv): Promise<readonly GpuDevice[]> {
  const devices = await queryDevices({ environment, timeoutMs: ONCE_MS });
  return 'kind' in devices ? [] : devices;
}

/** The same, as adapters want to know them: devices that do not say their memory are left out. */
export async function readGpus(environment: NodeJS.ProcessEnv): Promise<Gpu[]> {
  const devices = await readDevices(environment);
  return devices.flatMap(({ index, uuid, name, totalBytes }) =>
    totalBytes === undefined ? [] : [{ index, uuid, name, totalBytes }],
  );
}

async function queryDevices(options: GpuQueryOptions): Promise<readonly GpuDevice[] | GpuProblem> {
  const answer = await ask(`--query-gpu=${DEVICE_FIELDS}`, options);
  if ('kind' in answer) return answer;
  const devices = parseDevices(answer.text);
  if (devices) return devices;
  return LOST_WORDS.test(answer.text) ? lost(answer.text) : garbled(answer.text);
}

/** Rows of `--query-gpu`; undefined when a row is not one, or there is none. */
export function parseDevices(text: string): readonly GpuDevice[] | undefined {
  const rows = text.split('\n').filter((line) => line.trim() !== '');
  const devices = rows.map((row): GpuDevice | undefined => {
    const fields = row.split(',').map((field) => field.trim());
    // A name may hold commas; the first two and the last three fields may not.
    const [index = '', uuid = ''] = fields;
    const [total, used, free] = fields.slice(-3).map(megabytes);
    if (fields.length < 6 || !/^\d+$/.test(index) || !/^(?:GPU|MIG)-/.test(uuid)) return undefined;
    const trouble = fields.slice(-3).find((field) => FAULTS.test(field));
    return {
      index: Number(index),
      uuid,
      name: fields.slice(2, -3).join(', '),
      totalBytes: total,
      usedBytes: used,
      freeBytes: free,
      ...(trouble === undefined ? {} : { trouble }),
    };
  });
  if (devices.length === 0 || devices.includes(undefined)) return undefined;
  return devices.filter((device) => device !== undefined);
}

/** Rows of `--query-compute-apps`; undefined when a row is not one. No rows: no processes. */
export function parseProcesses(text: string): readonly GpuProcess[] | undefined {
  const rows = text.split('\n').filter((line) => line.trim() !== '' && !/^no running processes/i.test(line.trim()));
  const processes = rows.map((row): GpuProcess | undefined => {
    const [uuid = '', pid = '', memory] = row.split(',').map((field) => field.trim());
    if (!/^(?:GPU|MIG)-/.test(uuid) || !/^\d+$/.test(pid) || memory === undefined) return undefined;
    return { uuid, pid: Number(pid), bytes: megabytes(memory) };
  });
  return processes.includes(undefined) ? undefined : processes.filter((entry) => entry !== undefined);
}

/** `1234` → bytes; `[N/A]`, `[Not Supported]`, `ERR!` → undefined. */
function megabytes(field: string): number | undefined {
  return /^\d+$/.test(field) ? Number(field) * MiB : undefined;
}

async function ask(question: string, options: GpuQueryOptions): Promise<{ readonly text: string } | GpuProblem> {
  const { program = 'nvidia-smi', folder = WSL_TOOLS, environment, timeoutMs = TIMEOUT_MS } = options;
  const env = { PATH: `${environment['PATH'] ?? USUAL_PATH}:${folder}`, LANG: 'C.UTF-8' };
  const outcome = await runTimeBoxed(program, [question, FORMAT], { env, timeoutMs });
  switch (outcome.kind) {
    case 'absent':
      return { kind: 'absent', message: whyAbsent(program, outcome.error) };
    case 'timeout':
      return {
        kind: 'timeout',
        message: `${program} did not answer within ${timeoutMs} ms; the driver may hang.`,
        stillRunning: outcome.stillRunning,
      };
    case 'ended': {
      const { code, signal, text } = outcome;
      if (code === 0) return { text };
      if (LOST_CODES.includes(code) || LOST_WORDS.test(text)) return lost(text, program, code);
      return { kind: 'failed', message: `${program} ended with ${code ?? signal}: ${excerpt(text)}` };
    }
  }
}

function whyAbsent(program: string, error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? `there is no ${program} here.` : `${program} cannot be run (${error.message}).`;
}

const lost = (text: string, program = 'nvidia-smi', code: number | null = 0): GpuProblem => ({
  kind: 'lost',
  message: `${program} finds no GPU (exit code ${code}): ${excerpt(text)}`,
});

const garbled = (text: string): GpuProblem => ({
  kind: 'garbled',
  message: `nvidia-smi answered with something that is not its table: ${excerpt(text)}`,
});

const excerpt = (text: string) => JSON.stringify(text.trim().slice(0, 120));

import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

import type { Paths } from '../../shared/paths.ts';
import { formatBytes } from '../../shared/units.ts';
import { findCgroupBase } from '../../supervisor/cgroup.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { checkGpu } from './gpu.ts';

const GIB = 2 ** 30;

/** Node, processor, memory, disks, control groups and the GPU. */
export async function checkMachine(paths: Paths, environment: NodeJS.ProcessEnv): Promise<Check[]> {
  return [
    checkNode(process.versions.node),
    ok('processor', `${availableParallelism()} cores (${process.arch}) may be used.`),
    checkMemory(),
    checkDisk('disk of the state', paths.stateDir),
    checkDisk('disk of the models', paths.modelsDir),
    checkWritable(paths.stateDir),
    checkCgroup(environment),
    ...(await checkGpu(environment)),
  ];
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return ok('node', `Node ${version}.`);
  return fail(
    'node',
    `Node ${version} is too old.`,
    'Run `npm install` (it brings a current one along), or install Node 22.19 or newer.',
  );
}

function checkMemory(): Check {
  const available = availableBytes();
  const sentence = `${formatBytes(totalmem())} of memory, ${formatBytes(available)} of it available.`;
  if (available >= GIB) return ok('memory', sentence);
  return warn('memory', sentence, 'Close other programs, or lower budget.maxLoadedExperts and context in the profile.');
}

function availableBytes(): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo'))?.[1] ?? 0) * 1_024;
}

function checkDisk(about: string, directory: string): Check {
  const { bavail, bsize } = statfsSync(nearestExisting(directory));
  const free = bavail * bsize;
  const sentence = `${formatBytes(free)} free for ${directory}.`;
  const fix =
    'Make room (`orchestrator model list` shows what could go), or point ORCHESTRATOR_CACHE_DIR or ORCHESTRATOR_STATE_DIR at another disk.';
  if (free < 0.1 * GIB) return fail(about, sentence, fix);
  return free < 2 * GIB ? warn(about, sentence, fix) : ok(about, sentence);
}

function checkWritable(stateDir: string): Check {
  const about = 'state directory';
  try {
    if (!existsSync(stateDir)) {
      accessSync(nearestExisting(stateDir), constants.W_OK);
      return ok(about, `${stateDir} is not there yet and can be made.`);
    }
    const probe = join(stateDir, `.doctor-${process.pid}`);
    mkdirSync(probe);
    writeFileSync(join(probe, 'file'), '');
    rmSync(probe, { recursive: true });
    return ok(about, `${stateDir} can be written.`);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(
      about,
      `${stateDir} cannot be written (${reason}).`,
      'Name another with --state-dir or ORCHESTRATOR_STATE_DIR, or mend its owner and mode.',
    );
  }
}

function checkCgroup(environment: NodeJS.ProcessEnv): Check {
  const base = findCgroupBase(environment);
  if (base !== undefined) return ok('control groups', `Engines get control groups of their own below ${base}.`);
  return ok(
    'control groups',
    'None is delegated to us; engines are ended by process group and by the guardian, which is enough.',
  );
}

/** The folder that a folder which is not there yet would be made in. */
function nearestExisting(directory: string): string {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (existsSync(folder) || folder === dirname(folder)) return folder;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

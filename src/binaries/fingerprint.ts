import { createHash, type Hash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { readBuildFile } from './build-file.ts';

/** Bytes read from each end of a file: the head of an ELF file carries its build id. */
const SAMPLE = 4_096;
const SCRIPT_LIMIT = 65_536;
const MOST_PARTS = 24;
/** As a shell script writes one: quoted, or up to what ends a word. */
const ABSOLUTE_PATH = /"(\/[^"$`]+)"|'(\/[^']+)'|(?<![\w$}"'])(\/[^\s"'`$;|&<>()]+)/g;

/**
 * A text that changes when the program is another one: path, size, time and both ends of the file, of the launcher and of what it
 * launches; and the GPU drivers of the machine, because they change what `--list-devices` answers. Costs some stats and small
 * reads. Throws the `ErrnoException` of a path that is no executable file.
 */
export function fingerprintOf(path: string): string {
  const real = realpathSync(path);
  const stat = statSync(real);
  if (!stat.isFile()) throw Object.assign(new Error(`${path} is not a file`), { code: 'EISDIR' });
  accessSync(real, constants.X_OK);
  const hash = createHash('sha256');
  for (const part of new Set([real, ...partsBehind(real, stat.size)])) addPart(hash, part);
  addDrivers(hash);
  return hash.digest('hex');
}

/** The files that a launcher script leads to: those its build names, and absolute paths written in it. */
function partsBehind(launcher: string, size: number): string[] {
  if (size > SCRIPT_LIMIT || !startsWithShebang(launcher)) return [];
  const directory = dirname(launcher);
  const own = readBuildFile(directory)?.parts.map((part) => join(directory, part)) ?? [];
  const named = [...readFileSync(launcher, 'utf8').matchAll(ABSOLUTE_PATH)].map(
    (match) => match.slice(1).find(Boolean) ?? '',
  );
  return [...own, ...named.filter((path) => isProgram(path))].slice(0, MOST_PARTS);
}

function startsWithShebang(path: string): boolean {
  return headOf(path, 2).toString('latin1') === '#!';
}

/** The number of the processor family that an ELF file is for; undefined for any other file. */
export function elfMachine(path: string): number | undefined {
  try {
    const head = headOf(path, 20);
    return head.length === 20 && head.readUInt32BE(0) === 0x7f454c46 ? head.readUInt16LE(18) : undefined;
  } catch {
    return undefined;
  }
}

function headOf(path: string, bytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(bytes);
    return head.subarray(0, readSync(file, head, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}

/** Other files that a script names, a log say, may change without the program being another one. */
function isProgram(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && (stat.mode & 0o111) !== 0;
}

function addPart(hash: Hash, path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  hash.update(`${path}\0${stat?.size}\0${stat?.mtimeMs}\0`);
  if (!stat?.isFile()) return;
  const file = openSync(path, 'r');
  try {
    const sample = Buffer.alloc(SAMPLE);
    hash.update(sample.subarray(0, readSync(file, sample, 0, SAMPLE, 0)));
    if (stat.size > SAMPLE) {
      hash.update(sample.subarray(0, readSync(file, sample, 0, SAMPLE, Math.max(SAMPLE, stat.size - SAMPLE))));
    }
  } finally {
    closeSync(file);
  }
}

function addDrivers(hash: Hash): void {
  const nvidia = '/proc/driver/nvidia/version';
  if (existsSync(nvidia)) hash.update(readFileSync(nvidia));
  for (const directory of ['/dev/dri', '/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d']) {
    if (existsSync(directory)) hash.update(readdirSync(directory).sort().join('\0'));
  }
}

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { Paths } from '../../../src/shared/paths.ts';

const RECORDINGS = join(import.meta.dirname, '../../fixtures/recordings/llama-server');

export const recording = (name: string): string => readFileSync(join(RECORDINGS, name), 'utf8');

/** An empty folder for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'binaries test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function pathsIn(folder: string): Paths {
  return {
    stateDir: join(folder, 'state'),
    cacheDir: join(folder, 'cache'),
    enginesDir: join(folder, 'state', 'engines'),
    modelsDir: join(folder, 'cache', 'models'),
  };
}

export function writeExecutable(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

export interface FakeProgram {
  readonly version?: string;
  readonly devices?: string;
  /** A file that gets one line for each time the program is started. */
  readonly log?: string;
}

/** A real program that answers the three questions as llama-server does. */
export function serverScript({
  version = '0.7.0 (build 11669, commit Debian)',
  devices = '  (none)',
  log,
}: FakeProgram): string {
  return `#!/bin/sh
${log ? `echo "$1" >> "${log}"` : ''}
case $1 in
  --version) echo "version: ${version}" >&2 ;;
  --help) printf '%s\\n' '-h,    --help    print usage' '--version    version' '--list-devices   devices' '-m,    --model FNAME   model' ;;
  --list-devices) printf 'Available devices:\\n%s\\n' '${devices}' ;;
  *) echo "error: invalid argument: $1" >&2; exit 1 ;;
esac
`;
}

export const startsOf = (log: string): string[] => readFileSync(log, 'utf8').split('\n').filter(Boolean);

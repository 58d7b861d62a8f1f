import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { z } from 'zod';

import { parseDevices, parseFlags, parseVersion } from '../../src/binaries/parse.ts';
import type { ProgramProbe } from '../../src/engines/contract.ts';
import { INFERENCE_PATHS } from '../../src/engines/routes.ts';

const FOLDER = resolve(import.meta.dirname, '../fixtures/recordings');

const Index = z.strictObject({
  source: z.string().min(20),
  experts: z
    .array(
      z.strictObject({
        settings: z.string(),
        probes: z.array(z.string()).default([]),
        canary: z.string().optional(),
        answers: z.array(
          z.strictObject({ route: z.enum(INFERENCE_PATHS), body: z.string(), stream: z.string().optional() }),
        ),
      }),
    )
    .min(1),
  refused: z.array(z.strictObject({ why: z.string(), settings: z.record(z.string(), z.json()) })).min(1),
});

const Probe = z.strictObject({
  path: z.string(),
  version: z.string(),
  help: z.string(),
  devices: z.string().optional(),
});

export interface Recordings extends z.output<typeof Index> {
  /** A file beside the index, or where the index points to. */
  text(file: string): string;
  json(file: string): unknown;
  probe(file: string): ProgramProbe;
}

/** The recordings of one engine; fails with what is missing, so that nobody forgets them. */
export function recordingsOf(engine: string): Recordings {
  const index = join(FOLDER, engine, 'index.json');
  if (!existsSync(index)) {
    throw new Error(`engine ${engine} has no recordings: test/fixtures/recordings/README.md says what they are`);
  }
  const text = (file: string) => readFileSync(resolve(dirname(index), file), 'utf8');
  const json = (file: string): unknown => JSON.parse(text(file));
  return {
    ...Index.parse(json('index.json')),
    text,
    json,
    probe: (file) => {
      const { path, version, help, devices } = Probe.parse(json(file));
      const printed = text(help);
      return {
        path,
        version: parseVersion(text(version)) ?? text(version).trim(),
        help: printed,
        flags: new Set(parseFlags(printed)),
        devices: devices === undefined ? [] : parseDevices(text(devices)),
      };
    },
  };
}

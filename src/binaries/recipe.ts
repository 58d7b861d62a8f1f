import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { AppError } from '../shared/errors.ts';
import { packageRoot } from '../shared/package-root.ts';

/** What a machine can compute with; what an installer can choose between. */
export const BACKENDS = ['cpu', 'cuda', 'vulkan'] as const;
export type Backend = (typeof BACKENDS)[number];

/** Where a build can be had from. */
const KINDS = ['path', 'debian', 'github', 'compiled'] as const;

const DebianBackend = z.strictObject({
  components: z.array(z.string()).min(1),
  packages: z.array(z.string()).min(1),
  /** Libraries that come with the host's driver and must match its kernel module: never downloaded. */
  hostLibraries: z.array(z.string()).default([]),
  /** Said before the packages are fetched. */
  note: z.string().optional(),
});

const Debian = z.strictObject({
  suite: z.string(),
  /** Used where no configured source of the host is Debian's archive (Ubuntu, say). */
  mirror: z.url(),
  keyring: z.string(),
  keyringPackage: z.string(),
  backends: z.partialRecord(z.enum(BACKENDS), DebianBackend),
});

/** `engines/<engine>/sources.json`. */
const Sources = z.strictObject({
  program: z.string(),
  /** Files in the packages' `usr/bin` whose names begin like this get a launcher. */
  programs: z.string(),
  /** What is tried, in this order, where nothing is asked for. */
  installs: z.array(z.enum(KINDS)).min(1).default(['path', 'debian', 'github']),
  /** What it can compute with. */
  backends: z
    .array(z.enum(BACKENDS))
    .min(1)
    .default([...BACKENDS]),
  debian: Debian.default({ suite: '', mirror: '', keyring: '', keyringPackage: '', backends: {} }),
});
const Asset = z.strictObject({
  name: z.string(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

/** `engines/<engine>/pins.json`. */
const Pins = z.strictObject({
  about: z.string(),
  repository: z.string(),
  /** Environment variable with another place to fetch the sources from. */
  repositoryVariable: z.string().default('ORCHESTRATOR_LLAMA_REPOSITORY'),
  tag: z.string(),
  api: z.url().default('https://api.github.com'),
  download: z.string().default(''),
  /** By `linux-x64`, then by backend: the archives that make up one build; the first one has the program. */
  platforms: z.record(z.string(), z.partialRecord(z.enum(BACKENDS), z.array(Asset).min(1))).default({}),
});

export interface Recipe {
  readonly engine: string;
  /** `engines/<engine>/`: data and the script that builds from source. */
  readonly directory: string;
  readonly sources: z.output<typeof Sources>;
  readonly pins: z.output<typeof Pins>;
}

/** Where an engine comes from, as data. Throws `engine_missing` for an engine that has no recipe. */
export function readRecipe(engine: string): Recipe {
  const directory = join(packageRoot(), 'engines', engine);
  if (!/^[\w.-]+$/.test(engine) || !existsSync(join(directory, 'sources.json'))) {
    throw new AppError(
      'engine_missing',
      `The orchestrator has no recipe that installs ${engine}. What it can install: ${known().join(', ')}.`,
    );
  }
  const read = <T>(schema: z.ZodType<T>, file: string): T =>
    schema.parse(JSON.parse(readFileSync(join(directory, file), 'utf8')));
  return { engine, directory, sources: read(Sources, 'sources.json'), pins: read(Pins, 'pins.json') };
}

function known(): string[] {
  const engines = join(packageRoot(), 'engines');
  return readdirSync(engines).filter((name) => existsSync(join(engines, name, 'sources.json')));
}

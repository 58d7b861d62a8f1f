import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { writeFileAtomic } from '../shared/atomic-file.ts';

/** The mark of a whole build, and what is known of it; written last, before the build is moved into its place. */
const BUILD_FILE = 'build.json';

const BuildFile = z.strictObject({
  engine: z.string(),
  source: z.enum(['path', 'debian', 'github', 'compiled', 'pypi']),
  /** `cpu`, `cuda`, `vulkan`, or what a program found on PATH was built for. */
  backend: z.string(),
  version: z.string(),
  /** ISO 8601. */
  installedAt: z.string(),
  /** The executable: below the build's folder, or absolute for a program that is only referred to. */
  program: z.string(),
  /** Files below the build's folder that make up the program; a change of one means another program. */
  parts: z.array(z.string()),
  /** What it was made of, e.g. Debian packages with version and digest. */
  contents: z.array(
    z.strictObject({ name: z.string(), version: z.string().optional(), sha256: z.string().optional() }),
  ),
});
export type BuildFile = z.output<typeof BuildFile>;

/** What a build's folder says about itself; undefined where it holds no whole build. */
export function readBuildFile(directory: string): BuildFile | undefined {
  try {
    return BuildFile.parse(JSON.parse(readFileSync(join(directory, BUILD_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeBuildFile(directory: string, build: BuildFile): void {
  writeFileAtomic(join(directory, BUILD_FILE), `${JSON.stringify(BuildFile.parse(build), undefined, 2)}\n`, 0o644);
}

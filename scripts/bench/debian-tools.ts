/** nginx and wrk: those of the machine where it has them, else Debian's packages in a private root of the cache, without root rights. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

import { openApt } from '../../src/binaries/apt.ts';
import { findOnPath } from '../../src/binaries/builds.ts';
import { libraryClosure } from '../../src/binaries/debian-packages.ts';
import { writeLauncher } from '../../src/binaries/launcher.ts';
import { readRecipe } from '../../src/binaries/recipe.ts';
import { run } from '../../src/binaries/run.ts';
import { toolEnvironment } from '../../src/binaries/source.ts';
import { withFileLock } from '../../src/models/file-lock.ts';
import type { Paths } from '../../src/shared/paths.ts';

export interface Tools {
  readonly nginx: string;
  readonly wrk: string;
}

/** Where the package has each program. */
const PROGRAMS = { nginx: 'usr/sbin/nginx', wrk: 'usr/bin/wrk' } as const;
const SUITE = 'stable';

export async function findTools(paths: Paths, say: (text: string) => void): Promise<Tools> {
  // An ordinary user's PATH has no sbin.
  const environment = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };
  const missing = Object.keys(PROGRAMS).filter((name) => !findOnPath(name, environment));
  const home = join(paths.cacheDir, 'bench-tools', `debian-${SUITE}-${process.arch}`);
  if (missing.some((name) => !existsSync(join(home, name)))) {
    await withFileLock(`${home}.lock`, {}, () => fetchInto(home, missing, environment, say));
  }
  const find = (name: keyof typeof PROGRAMS) => findOnPath(name, environment) ?? join(home, name);
  return { nginx: find('nginx'), wrk: find('wrk') };
}

async function fetchInto(
  home: string,
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<void> {
  say(`getting ${names.join(' and ')} from Debian`);
  const staging = `${home}.new`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const directory = mkdtempSync(join(staging, '.apt-'));
  const debian = { ...readRecipe('llama-server').sources.debian, suite: SUITE };
  const apt = await openApt({ directory, debian, components: ['main'], hostLibraries: [], environment });
  await apt.update();
  const packages = libraryClosure(await apt.resolve(names), names);
  await apt.download(packages, directory);
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.deb'))) {
    const { exitCode, stderr } = await run('dpkg-deb', ['-x', join(directory, file), join(staging, 'root')], {
      env: toolEnvironment(environment, staging),
    });
    if (exitCode !== 0) throw new Error(`dpkg-deb could not unpack ${file}: ${stderr.trim()}`);
  }
  for (const name of Object.keys(PROGRAMS)) writeToolLauncher(staging, name as keyof typeof PROGRAMS);
  rmSync(directory, { recursive: true });
  rmSync(home, { recursive: true, force: true });
  renameSync(staging, home);
}

/** With the C library of its own suite: the machine's may be older. */
function writeToolLauncher(directory: string, name: keyof typeof PROGRAMS): void {
  const lib = join(directory, 'root', 'usr', 'lib');
  const folders = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of folders.map((entry) => join(lib, entry.name))) {
    const loader = readdirSync(folder).find((file) => /^ld-linux.*\.so\.\d+$/.test(file));
    if (!loader || !existsSync(join(directory, 'root', PROGRAMS[name]))) continue;
    const inside = (path: string) => relative(directory, path);
    const loaded = { path: inside(join(folder, loader)), libraries: [inside(folder)] };
    return writeLauncher({ directory, name, target: `root/${PROGRAMS[name]}`, loader: loaded });
  }
}

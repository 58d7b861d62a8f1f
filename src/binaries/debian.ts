import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

import { z } from 'zod';

import { withFileLock } from '../models/file-lock.ts';
import { digestOfFile } from '../models/part-file.ts';
import { writeFileAtomic } from '../shared/atomic-file.ts';
import { openApt, type PrivateApt } from './apt.ts';
import { type DebianPackage, libraryClosure } from './debian-packages.ts';
import { requireSpace } from './disk.ts';
import { writeLauncher } from './launcher.ts';
import { run } from './run.ts';
import { type SourceContext, SourceUnavailable, type StagedBuild, toolEnvironment } from './source.ts';

const Closure = z.strictObject({
  resolvedAt: z.string(),
  mirror: z.string(),
  packages: z.array(
    z.strictObject({
      name: z.string(),
      version: z.string(),
      file: z.string().regex(/^[^/]+\.deb$/),
      size: z.int(),
      sha256: z.string(),
    }),
  ),
});
type Closure = z.output<typeof Closure>;

/** Unpacked packages take up to this many times their size. */
const UNPACKED = 6;

/**
 * A build from Debian's packages, in a root of its own that runs with its own C library: no root rights, nothing installed on the
 * host. The packages are kept in the cache, so that the next build of the same kind needs no network.
 */
export async function stageFromDebian(context: SourceContext): Promise<StagedBuild> {
  const { recipe, backend, paths } = context;
  const { suite } = recipe.sources.debian;
  const cache = join(paths.cacheDir, 'downloads', recipe.engine, `debian-${suite}-${process.arch}-${backend}`);
  mkdirSync(cache, { recursive: true });
  return withFileLock(join(cache, '.lock'), { signal: context.signal }, async () => {
    for (const name of readdirSync(cache).filter((one) => one.startsWith('.apt-'))) {
      rmSync(join(cache, name), { recursive: true });
    }
    let closure = context.fresh ? undefined : await intactClosure(cache);
    if (closure) context.log(`using the packages of ${closure.resolvedAt.slice(0, 10)} from the cache`);
    else closure = await fetchClosure(context, cache);
    return unpack(context, cache, closure);
  });
}

async function intactClosure(cache: string): Promise<Closure | undefined> {
  try {
    const closure = Closure.parse(JSON.parse(readFileSync(join(cache, 'closure.json'), 'utf8')));
    for (const { file, sha256 } of closure.packages)
      if ((await digestOfFile(join(cache, file))) !== sha256) return undefined;
    return closure;
  } catch {
    return undefined;
  }
}

async function fetchClosure(context: SourceContext, cache: string): Promise<Closure> {
  const { recipe, backend, onProgress } = context;
  const { debian } = recipe.sources;
  const wanted = debian.backends[backend];
  if (!wanted) throw new SourceUnavailable(`Debian has no ${backend} packages of ${recipe.engine}`);
  if (wanted.note) context.log(wanted.note);
  const directory = mkdtempSync(join(cache, '.apt-'));
  try {
    onProgress({ stage: 'reading Debian’s package lists' });
    const apt = await openApt({ ...context, ...wanted, directory, debian });
    await apt.update();
    const all = await apt.resolve(wanted.packages);
    const packages = libraryClosure(all, wanted.packages);
    const total = packages.reduce((sum, { size }) => sum + size, 0);
    requireSpace(cache, total);
    requireSpace(context.staging, total * UNPACKED);
    const files = await fetchPackages(apt, packages, cache, (bytesDone) =>
      onProgress({ stage: `downloading ${packages.length} packages`, bytesDone, bytesTotal: total }),
    );
    const closure: Closure = { resolvedAt: new Date().toISOString(), mirror: apt.mirror, packages: files };
    for (const name of readdirSync(cache)) {
      if (name.endsWith('.deb') && !files.some(({ file }) => file === name)) rmSync(join(cache, name));
    }
    writeFileAtomic(join(cache, 'closure.json'), `${JSON.stringify(closure, undefined, 2)}\n`, 0o644);
    return closure;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function fetchPackages(
  apt: PrivateApt,
  packages: readonly DebianPackage[],
  cache: string,
  report: (bytes: number) => void,
): Promise<Closure['packages']> {
  const sizes = () =>
    readdirSync(cache)
      .filter((name) => packages.some((one) => name.startsWith(`${one.name}_`)))
      .reduce((sum, name) => sum + (statSync(join(cache, name), { throwIfNoEntry: false })?.size ?? 0), 0);
  // apt has no progress for a program to read that counts bytes; the folder has.
  const timer = setInterval(() => report(sizes()), 250);
  try {
    await apt.download(packages, cache);
  } finally {
    clearInterval(timer);
  }
  report(sizes());
  return Promise.all(
    packages.map(async ({ name, version, size, sha256, architecture }) => {
      const file = `${name}_${version.replaceAll(':', '%3a')}_${architecture}.deb`;
      const digest = await digestOfFile(join(cache, file));
      if (digest !== sha256) throw new SourceUnavailable(`${file} is not what the signed package list says it is`);
      return { name, version, file, size, sha256 };
    }),
  );
}

async function unpack(context: SourceContext, cache: string, closure: Closure): Promise<StagedBuild> {
  const { staging, recipe, signal, onProgress } = context;
  const env = toolEnvironment(context.environment, staging);
  const root = join(staging, 'root');
  const bytesTotal = closure.packages.reduce((sum, { size }) => sum + size, 0);
  let bytesDone = 0;
  for (const { file, size } of closure.packages) {
    onProgress({ stage: 'unpacking', bytesDone, bytesTotal });
    const { exitCode, stderr } = await run('dpkg-deb', ['-x', join(cache, file), root], { env, signal });
    if (exitCode !== 0)
      throw new SourceUnavailable(`dpkg-deb could not unpack ${file}: ${stderr.trim().slice(0, 200)}`);
    bytesDone += size;
  }
  onProgress({ stage: 'unpacking', bytesDone, bytesTotal });

  const layout = layoutOf(root);
  const programs = readdirSync(join(root, 'usr', 'bin')).filter((name) => name.startsWith(recipe.sources.programs));
  if (!layout || !programs.includes(recipe.sources.program)) {
    throw new SourceUnavailable(`Debian’s packages hold no ${recipe.sources.program} where one was expected`);
  }
  await requireLibraries(context, layout, programs);
  const inside = (path: string) => relative(staging, path);
  for (const name of programs) {
    writeLauncher({
      directory: staging,
      name,
      target: `root/usr/bin/${name}`,
      workingDirectory: inside(layout.backends),
      loader: { path: inside(layout.loader), libraries: layout.libraries.map(inside) },
    });
  }
  const own = layout.libraries
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /^lib(llama|ggml|mtmd)[\w-]*\.so/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return {
    program: recipe.sources.program,
    parts: [`root/usr/bin/${recipe.sources.program}`, ...own.map(inside)],
    contents: closure.packages.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
  };
}

interface Layout {
  readonly loader: string;
  /** Folders that the loader searches. */
  readonly libraries: readonly string[];
  /** Where the compute back ends lie; the program looks for them in its working directory. */
  readonly backends: string;
}

/** Found by what lies where, as folder names carry the architecture and the generation of the library. */
function layoutOf(root: string): Layout | undefined {
  const lib = join(root, 'usr', 'lib');
  if (!existsSync(lib)) return undefined;
  for (const folder of readdirSync(lib).map((name) => join(lib, name))) {
    if (!statSync(folder).isDirectory()) continue;
    const names = readdirSync(folder);
    const loader = names.find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
    const backends = filesBelow(folder).find((path) => /^libggml-cpu.*\.so$/.test(basename(path)));
    if (!loader || !backends) continue;
    const libraries = [folder, ...(names.includes('llama') ? [join(folder, 'llama')] : [])];
    return { loader: join(folder, loader), libraries, backends: join(backends, '..') };
  }
  return undefined;
}

/** Every library that the programs and their back ends name must be in the root, or be the host driver's. */
async function requireLibraries(
  { recipe, backend, staging, signal }: SourceContext,
  layout: Layout,
  programs: string[],
): Promise<void> {
  const objects = [
    ...programs.map((name) => join(staging, 'root', 'usr', 'bin', name)),
    ...filesBelow(layout.backends).filter((path) => path.endsWith('.so')),
  ];
  const fromHost = recipe.sources.debian.backends[backend]?.hostLibraries ?? [];
  for (const object of objects) {
    const { stdout } = await run(
      layout.loader,
      ['--inhibit-cache', '--library-path', layout.libraries.join(':'), object],
      { env: { LD_TRACE_LOADED_OBJECTS: '1' }, signal },
    );
    const missing = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map(([, name]) => name ?? '');
    const problem = missing.find((name) => !fromHost.includes(name));
    if (problem) throw new SourceUnavailable(`${basename(object)} needs ${problem}, which none of the packages has`);
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findOnPath } from './builds.ts';
import { type DebianPackage, parsePackages, parsePrintedUris } from './debian-packages.ts';
import type { Recipe } from './recipe.ts';
import { type Outcome, run, type RunOptions } from './run.ts';
import { SourceUnavailable, toolEnvironment } from './source.ts';

export interface AptOptions {
  /** An empty folder for all of apt's state; the host's is neither read for packages nor written. */
  readonly directory: string;
  readonly debian: Recipe['sources']['debian'];
  readonly components: readonly string[];
  readonly hostLibraries: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** An apt with sources, lists, caches, keyring and package state of its own, as whoever runs it. */
export interface PrivateApt {
  /** Where the packages come from. */
  readonly mirror: string;
  /** Fetches the signed package lists. */
  update(): Promise<void>;
  /** Everything that a system without a single package would need for these, by apt's own resolver. */
  resolve(packages: readonly string[]): Promise<DebianPackage[]>;
  /** Fetches packages into a folder; apt compares them with the signed lists. */
  download(packages: readonly DebianPackage[], into: string): Promise<void>;
}

/** Settings of the host's apt that say how to reach a mirror. Those that would loosen the check of signatures are not taken over. */
const TAKEN_OVER = /^Acquire::(?!IndexTargets|Languages|Allow|GzipIndexes|PDiffs|CompressionTypes|Changelogs|cdrom)/;

/** Throws `SourceUnavailable` where the machine has no apt or no key to check Debian's signatures with. */
export async function openApt(options: AptOptions): Promise<PrivateApt> {
  const { directory, environment } = options;
  for (const tool of ['apt-get', 'apt-cache', 'apt-config', 'dpkg-deb']) {
    if (!findOnPath(tool, environment)) throw new SourceUnavailable(`${tool} is not on this machine`);
  }
  const hostEnv = toolEnvironment(environment, directory);
  const aptEnv = { ...hostEnv, APT_CONFIG: join(directory, 'apt.conf') };
  const tool = async (command: string, args: readonly string[], extra: Partial<RunOptions> = {}) =>
    run(command, args, { env: aptEnv, signal: options.signal, ...extra });
  const must = async (outcome: Promise<Outcome>): Promise<string> => {
    const { exitCode, stdout, stderr } = await outcome;
    if (exitCode !== 0) throw new SourceUnavailable(`apt says “${complaint(stderr)}”`);
    return stdout;
  };

  for (const folder of ['lists/partial', 'cache/archives/partial', 'empty', 'keys']) {
    mkdirSync(join(directory, folder), { recursive: true });
  }
  await bringKeyring(options, hostEnv);
  const mirror = await mirrorOf(options, hostEnv);
  const architecture = (await must(run('apt-config', ['shell', 'A', 'APT::Architecture'], { env: hostEnv }))).match(
    /'([^']+)'/,
  )?.[1];
  const settings = await must(run('apt-config', ['dump'], { env: hostEnv }));
  writeFiles(options, { mirror, architecture: architecture ?? '', settings });

  return {
    mirror,
    update: async () => {
      await must(tool('apt-get', ['update', '-q', '-o', 'APT::Update::Error-Mode=any']));
    },
    resolve: async (packages) => {
      const uris = await must(
        tool('apt-get', ['install', '--print-uris', '-qq', '-y', '--no-install-recommends', ...packages]),
      );
      return parsePackages(await must(tool('apt-cache', ['show', ...parsePrintedUris(uris)])));
    },
    download: async (packages, into) => {
      const wanted = packages.map(({ name, version }) => `${name}=${version}`);
      await must(tool('apt-get', ['download', '-q', ...wanted], { cwd: into }));
    },
  };
}

/** Debian's keys, from the host; else from the host's own archive, which its apt checks with the keys it trusts (Ubuntu has them). */
async function bringKeyring({ directory, debian, signal }: AptOptions, env: Record<string, string>): Promise<void> {
  const keyring = join(directory, 'keys', 'debian-archive-keyring.gpg');
  if (existsSync(debian.keyring)) return copyFileSync(debian.keyring, keyring);
  const folder = mkdtempSync(join(directory, 'keyring-'));
  // With a cache of our own: apt as root would otherwise write the host’s.
  const args = ['-o', `Dir::Cache=${folder}`, 'download', '-q', debian.keyringPackage];
  await run('apt-get', args, { env, cwd: folder, signal });
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  if (file) await run('dpkg-deb', ['-x', file, 'root'], { env, cwd: folder, signal });
  const unpacked = join(folder, 'root', 'usr', 'share', 'keyrings', 'debian-archive-keyring.gpg');
  if (!existsSync(unpacked)) {
    throw new SourceUnavailable(
      `${debian.keyring} is not here, so that signatures could not be checked (the package ${debian.keyringPackage} has it)`,
    );
  }
  copyFileSync(unpacked, keyring);
  rmSync(folder, { recursive: true });
}

/** The mirror that the host already uses for Debian's archive; the recipe's where it uses none. */
async function mirrorOf({ debian, signal }: AptOptions, env: Record<string, string>): Promise<string> {
  const format = '$(REPO_URI)\t$(ORIGIN)\t$(LABEL)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format], { env, signal });
  return pickMirror(stdout) ?? debian.mirror;
}

/** Of `URI, origin, label` lines the first of Debian's main archive; without fetched lists only the URI tells. */
export function pickMirror(targets: string): string | undefined {
  const lines = targets.split('\n').map((line) => line.split('\t').map((field) => field.trim()));
  const isArchive = ([uri = '', origin, label]: string[]) =>
    origin || label ? origin === 'Debian' && label === 'Debian' : /\/debian\/?$/.test(uri);
  return lines.find((line) => /^https?:\/\//.test(line[0] ?? '') && isArchive(line))?.[0];
}

function writeFiles(
  { directory, debian, components, hostLibraries }: AptOptions,
  host: { mirror: string; architecture: string; settings: string },
): void {
  const at = (path: string) => join(directory, path);
  writeFileSync(
    at('debian.sources'),
    `Types: deb\nURIs: ${host.mirror}\nSuites: ${debian.suite}\nComponents: ${components.join(' ')}\n`,
  );
  // A package that is not there, so that apt does not fetch a second driver for the one the host has.
  const driver = [
    'Package: host-driver',
    'Status: install ok installed',
    'Maintainer: host <host@localhost>',
    `Architecture: ${host.architecture}`,
    'Version: 1',
    `Provides: ${hostLibraries.map((name) => `${name} (= 99999)`).join(', ')}`,
    'Description: what the host itself has',
  ];
  writeFileSync(at('status'), hostLibraries.length > 0 ? `${driver.join('\n')}\n` : '');
  const settings = {
    'Dir::Etc::main': at('none'),
    'Dir::Etc::parts': at('empty'),
    'Dir::Etc::preferences': at('none'),
    'Dir::Etc::preferencesparts': at('empty'),
    'Dir::Etc::sourcelist': at('debian.sources'),
    'Dir::Etc::sourceparts': at('empty'),
    'Dir::Etc::trusted': at('none'),
    'Dir::Etc::trustedparts': at('keys'),
    'Dir::State': directory,
    'Dir::State::Lists': at('lists'),
    'Dir::State::status': at('status'),
    'Dir::Cache': at('cache'),
    'Dir::Log': directory,
    'APT::Architecture': host.architecture,
    // The folder may lie in a home that apt's own user cannot enter.
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
    'Acquire::PDiffs': 'false',
    'Acquire::GzipIndexes': 'true',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  const taken = host.settings.split('\n').filter((line) => TAKEN_OVER.test(line));
  writeFileSync(at('apt.conf'), `${[...taken, ...lines].join('\n')}\n`);
}

/** The error lines of apt, shortened. */
export function complaint(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim());
  const errors = lines.filter((line) => /^(E|Err|W):/.test(line));
  return (errors.length > 0 ? errors : lines).slice(0, 3).join(' ').slice(0, 400) || 'nothing';
}

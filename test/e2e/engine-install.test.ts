import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { listBuilds } from '../../src/binaries/builds.ts';
import { installEngine, type InstallOptions } from '../../src/binaries/install.ts';
import { probeProgram } from '../../src/binaries/probe.ts';
import { readRecipe } from '../../src/binaries/recipe.ts';
import { resolvePaths } from '../../src/shared/paths.ts';
import { available, isRoot } from '../support/skip.ts';
import { timed } from '../support/wait.ts';

const onPath = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
const hasApt = available(
  onPath('apt-get') && onPath('dpkg-deb'),
  'installing Debian’s packages: no apt on this machine',
);

const LISTS = '/var/lib/apt/lists';
const hostHasLists = existsSync(LISTS) && readdirSync(LISTS).some((name) => name.includes('_Packages'));
available(hostHasLists, 'a keyring from the host’s archive: the host has not fetched its package lists');

const NOBODY = 65_534;
const SOURCES = resolve(import.meta.dirname, '../../src');
/** Whether a user without rights can run this Node on these sources. */
const nobodyCanRun =
  isRoot &&
  onPath('apt-get') &&
  spawnSync(process.execPath, ['-e', `require('node:fs').readFileSync('${SOURCES}/binaries/install.ts')`], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
  }).status === 0;

available(nobodyCanRun, 'installing as a user without rights: not root, or the checkout is closed to others');

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'empty home-'));
  folders.push(home);
  return home;
}

/** The environment of a person with nothing in HOME: the machine's own way to the network, and no engine on PATH. */
const environmentOf = (home: string, more: NodeJS.ProcessEnv = {}) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name))),
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: home,
  ...more,
});

const installIn = (home: string, more: Partial<InstallOptions> = {}, environment: NodeJS.ProcessEnv = {}) => {
  const own = environmentOf(home, environment);
  const paths = resolvePaths(own);
  return installEngine('llama-server', { backend: 'cpu', source: 'debian', paths, environment: own, ...more });
};

const hostState = () =>
  ['/var/lib/apt/lists', '/var/cache/apt', '/var/lib/dpkg/status'].map((path) =>
    existsSync(path) ? statSync(path).mtimeMs : undefined,
  );

describe('Debian’s packages', () => {
  const home = emptyHome();

  it.runIf(hasApt)(
    'become a llama-server that answers, with an empty HOME and without a trace on the host',
    async () => {
      const before = hostState();
      const stages = new Set<string>();
      const { value: build, ms } = await timed(() => installIn(home, { onProgress: ({ stage }) => stages.add(stage) }));
      console.log(`installed ${build.name} in ${Math.round(ms)} ms`);
      expect(build.name).toMatch(/^debian-[\d.]+-\d+-cpu$/);
      expect([...stages].join('\n')).toMatch(/package lists\ndownloading \d+ packages\nunpacking\nasking/);
      const answer = spawnSync(build.program, ['--version'], { encoding: 'utf8', env: {}, cwd: '/' });
      expect(answer.stdout + answer.stderr).toMatch(/^version: \S+ \(build \d+/m);
      expect(execFileSync(build.program, ['--list-devices'], { encoding: 'utf8', env: {} })).toMatch(
        /Available devices:/,
      );
      expect(spawnSync(join(build.directory, 'llama-quantize'), ['--help'], { encoding: 'utf8' }).stdout).toMatch(
        /llama-quantize/,
      );
      const probe = await probeProgram(build.program, { paths: resolvePaths(environmentOf(home)) });
      expect(probe.flags).toContain('--ctx-size');
      expect(build.contents.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['libc6', 'libggml0', 'llama.cpp-tools']),
      );
      // Needed to administer a system, not to run a program in a root of its own.
      expect(build.contents.map(({ name }) => name)).not.toContain('debconf');
      expect(hostState()).toEqual(before);
    },
  );

  it.runIf(hasApt)('come from the cache the second time: another state folder, no network', async () => {
    const offline = {
      http_proxy: 'http://127.0.0.1:9',
      https_proxy: 'http://127.0.0.1:9',
      ORCHESTRATOR_STATE_DIR: join(home, 'other'),
    };
    const build = await installIn(home, {}, offline);
    expect(build.directory.startsWith(join(home, 'other'))).toBe(true);
    expect(await installIn(home, {}, offline)).toEqual(build);
  });

  it.runIf(hasApt)('are not taken from the cache where a byte of it changed', async () => {
    const other = emptyHome();
    const paths = resolvePaths(environmentOf(other));
    const [kind = ''] = readdirSync(join(home, '.cache/orchestrator/downloads/llama-server'));
    const cache = join(paths.cacheDir, 'downloads/llama-server', kind);
    mkdirSync(cache, { recursive: true });
    execFileSync('cp', ['-r', `${join(home, '.cache/orchestrator/downloads/llama-server', kind)}/.`, cache]);
    const deb = readdirSync(cache).find((name) => name.startsWith('libggml0_')) ?? '';
    writeFileSync(join(cache, deb), 'something else');
    await installIn(other);
    expect(statSync(join(cache, deb)).size).toBeGreaterThan(100_000);
  });

  it.runIf(hasApt)('are refused where the signature is not by a key of Debian', async () => {
    const recipe = readRecipe('llama-server');
    const keyring = join(emptyHome(), 'no keys.gpg');
    writeFileSync(keyring, '');
    const debian = { ...recipe.sources.debian, keyring };
    await expect(
      installIn(emptyHome(), { recipe: { ...recipe, sources: { ...recipe.sources, debian } } }),
    ).rejects.toThrow(/debian: apt says “.*(not signed|NO_PUBKEY|couldn't be verified|OpenPGP)/);
  });

  it.runIf(hostHasLists)(
    'are checked with the keys that the host’s own archive has, where the host has not installed them',
    async () => {
      const recipe = readRecipe('llama-server');
      const debian = { ...recipe.sources.debian, keyring: '/nowhere/debian-archive-keyring.gpg' };
      const before = hostState();
      const build = await installIn(emptyHome(), { recipe: { ...recipe, sources: { ...recipe.sources, debian } } });
      expect(build.source).toBe('debian');
      expect(hostState()).toEqual(before);
      const none = { ...debian, keyringPackage: 'no-such-keyring' };
      await expect(
        installIn(emptyHome(), { recipe: { ...recipe, sources: { ...recipe.sources, debian: none } } }),
      ).rejects.toThrow(/signatures could not be checked \(the package no-such-keyring has it\)/);
    },
  );

  it.runIf(hasApt)('leave no process and no half build behind when they are interrupted', async () => {
    const other = emptyHome();
    const controller = new AbortController();
    const onProgress = () => setTimeout(() => controller.abort(new Error('enough')), 300);
    await expect(installIn(other, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    const paths = resolvePaths(environmentOf(other));
    expect(listBuilds('llama-server', paths)).toEqual([]);
    expect(readdirSync(join(paths.enginesDir, 'llama-server'))).toEqual([]);
    const [kind = ''] = readdirSync(join(paths.cacheDir, 'downloads/llama-server'));
    expect(
      readdirSync(join(paths.cacheDir, 'downloads/llama-server', kind)).filter((name) => name.startsWith('.')),
    ).toEqual([]);
  });

  it.runIf(nobodyCanRun)('can be installed by a user without any rights', () => {
    const other = emptyHome();
    chownSync(other, NOBODY, NOBODY);
    const script = `
        const { installEngine } = await import(${JSON.stringify(join(SOURCES, 'binaries/install.ts'))});
        const { resolvePaths } = await import(${JSON.stringify(join(SOURCES, 'shared/paths.ts'))});
        const build = await installEngine('llama-server', {
          backend: 'cpu', source: 'debian', paths: resolvePaths(process.env), environment: process.env });
        console.log(process.getuid(), build.name);`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      uid: NOBODY,
      gid: NOBODY,
      cwd: '/',
      env: environmentOf(other),
      encoding: 'utf8',
    });
    expect(result.stderr).toBe('');
    expect(result.stdout).toMatch(/^65534 debian-\S+-cpu/);
  });
});

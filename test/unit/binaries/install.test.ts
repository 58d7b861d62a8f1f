import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { listBuilds } from '../../../src/binaries/builds.ts';
import { installEngine, type InstallOptions } from '../../../src/binaries/install.ts';
import type { Recipe } from '../../../src/binaries/recipe.ts';
import { pathsIn, serverScript, startsOf, temporaryFolder, writeExecutable } from './programs.ts';
import { archive, PLATFORM, recipeWith, sha256, startReleaseServer } from './release-server.ts';

const NAME = 'llama-b1-bin-ubuntu-x64.tar.gz';
/** Tools for unpacking, and no llama-server. */
const TOOLS = '/usr/sbin:/usr/bin:/sbin:/bin';

function setUp(url: string, more: Partial<InstallOptions> = {}) {
  const folder = temporaryFolder();
  const paths = pathsIn(folder);
  const log: string[] = [];
  const stages: string[] = [];
  const install = (own: Partial<InstallOptions> = {}) =>
    installEngine('llama-server', {
      backend: 'cpu',
      source: 'github',
      paths,
      environment: { PATH: TOOLS, ORCHESTRATOR_GITHUB_API: url },
      recipe: recipeWith({ [PLATFORM]: { cpu: [{ name: NAME }] } }),
      log: (sentence) => log.push(sentence),
      onProgress: ({ stage }) => stages.push(stage),
      ...more,
      ...own,
    });
  /** What lies in the engine's folder, hidden things too. */
  const left = () => readdirSync(join(paths.enginesDir, 'llama-server')).sort();
  return { folder, paths, log, stages, install, left };
}

const pinned = (digest: string): Recipe => recipeWith({ [PLATFORM]: { cpu: [{ name: NAME, sha256: digest }] } });

describe('an installation from a release archive', () => {
  it('follows redirects, checks the stated digest, and leaves a build that answers', async () => {
    const bytes = archive();
    const server = await startReleaseServer({ [NAME]: { bytes } });
    const { install, paths, stages, left } = setUp(server.url);
    const build = await install();
    expect(build).toMatchObject({
      name: 'github-b1-cpu',
      version: '11541 (abc)',
      backend: 'cpu',
      contents: [{ name: NAME, version: 'b1', sha256: sha256(bytes) }],
    });
    expect(execFileSync(build.program, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe(
      '',
    );
    expect(left()).toEqual(['github-b1-cpu']);
    expect(readdirSync(build.directory).sort()).toEqual(['build.json', 'llama-quantize', 'llama-server', 'root']);
    expect(stages).toContain(`downloading ${NAME}`);
    expect(listBuilds('llama-server', paths)).toEqual([build]);
  });

  it('is done at once the second time, without network; and from the cache into another folder', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } });
    const { install, folder } = setUp(server.url);
    const first = await install();
    const asked = server.requests.length;
    expect(await install()).toEqual(first);
    expect(server.requests).toHaveLength(asked);
    const elsewhere = { ...pathsIn(folder), enginesDir: join(folder, 'elsewhere') };
    await install({ paths: elsewhere });
    expect(server.requests.slice(asked).filter((path) => path.startsWith('/bytes/'))).toEqual([]);
  });

  it('puts a whole build in the place of one that no longer works', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } });
    const { install, log, left } = setUp(server.url);
    const build = await install();
    rmSync(join(build.directory, 'root'), { recursive: true });
    expect((await install()).name).toBe(build.name);
    expect(log.join('\n')).toMatch(/installed but does not work/);
    expect(left()).toEqual(['github-b1-cpu']);
    expect(existsSync(join(build.directory, 'root'))).toBe(true);
  });

  it('refuses bytes that are not what the release states, and deletes them', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive(), digest: `sha256:${'0'.repeat(64)}` } });
    const { install, paths, left } = setUp(server.url);
    await expect(install()).rejects.toMatchObject({
      code: 'engine_missing',
      message: expect.stringMatching(/has sha256 .* but 0{64} was expected/) as string,
    });
    expect(left()).toEqual([]);
    expect(readdirSync(join(paths.cacheDir, 'downloads/llama-server/github-b1'))).toEqual([]);
  });

  it('refuses where release and pin disagree, before a byte is fetched', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } });
    const { install } = setUp(server.url);
    await expect(install({ recipe: pinned('1'.repeat(64)) })).rejects.toThrow(/one of the two is wrong/);
    expect(server.requests).toHaveLength(1);
  });

  it('refuses where nobody states a digest', async () => {
    const handle: Parameters<typeof startReleaseServer>[1] = (request, response, url) => {
      if (!request.url?.startsWith('/repos/')) return false;
      response.end(
        JSON.stringify({ assets: [{ name: NAME, browser_download_url: `${url}/download/${NAME}`, digest: null }] }),
      );
      return true;
    };
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } }, handle);
    await expect(setUp(server.url).install()).rejects.toThrow(/neither the release nor the pins state a digest/);
  });

  it('goes by the pins where the API does not answer', async () => {
    const bytes = archive();
    const server = await startReleaseServer({ [NAME]: { bytes } }, (request, response) => {
      if (!request.url?.startsWith('/repos/')) return false;
      response.writeHead(403).end('rate limit');
      return true;
    });
    const { install, log } = setUp(server.url);
    const recipe = pinned(sha256(bytes));
    const pins = { ...recipe.pins, download: `${server.url}/download/{asset}` };
    await install({ recipe: { ...recipe, pins } });
    expect(log.join('\n')).toMatch(/status 403; the archives are checked against the pinned digests alone/);
  });

  it('continues a download where the connection broke off', async () => {
    const bytes = archive();
    let broken = 0;
    const server = await startReleaseServer({ [NAME]: { bytes } }, (request, response) => {
      if (!request.url?.startsWith('/bytes/') || broken++ > 0) return false;
      response.writeHead(200, { 'content-length': bytes.length });
      // Closed in order: a reset could overtake the bytes before it.
      response.write(bytes.subarray(0, 100), () => response.socket?.end());
      return true;
    });
    await setUp(server.url).install();
    const fetches = server.requests.filter((path) => path.startsWith('/bytes/'));
    expect(fetches).toEqual([`/bytes/${NAME}`, `/bytes/${NAME} bytes=100-`]);
  });

  it('says so where the release has no such archive, and how to build it', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } });
    const { install } = setUp(server.url);
    await expect(install({ backend: 'cuda' })).rejects.toThrow(
      /publishes no cuda archive for .*engine install llama-server --build --backend cuda \(the recipe is engines\/llama-server\/build\.sh\)/,
    );
  });

  it('brings the libraries of a second archive to the program', async () => {
    const cudart = 'cudart-llama-b1.tar.gz';
    const bytes = archive({ 'libcudart.so.12': 'run-time' });
    const server = await startReleaseServer({ [NAME]: { bytes: archive() }, [cudart]: { bytes } });
    const { install } = setUp(server.url, {
      recipe: recipeWith({ [PLATFORM]: { cpu: [{ name: NAME }, { name: cudart }] } }),
    });
    const { directory } = await install();
    expect(existsSync(join(directory, 'root/llama-b1/libcudart.so.12'))).toBe(true);
  });

  it('leaves nothing behind when it is interrupted, and what a killed one left is cleared away', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } }, (request) =>
      request.url?.startsWith('/bytes/'),
    );
    const { install, paths, left } = setUp(server.url);
    const leftover = join(paths.enginesDir, 'llama-server', '.install-killed');
    mkdirSync(leftover, { recursive: true });
    writeFileSync(join(leftover, 'half'), '');
    const controller = new AbortController();
    const running = install({
      signal: controller.signal,
      environment: { PATH: TOOLS, ORCHESTRATOR_GITHUB_API: server.url },
    });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    const whole = await startReleaseServer({ [NAME]: { bytes: archive() } });
    await install({ environment: { PATH: TOOLS, ORCHESTRATOR_GITHUB_API: whole.url } });
    expect(left()).toEqual(['github-b1-cpu']);
  });

  it('happens once when two ask at the same time', async () => {
    const server = await startReleaseServer({ [NAME]: { bytes: archive() } });
    const { install, left } = setUp(server.url);
    const [one, other] = await Promise.all([install(), install()]);
    expect(one).toEqual(other);
    expect(server.requests.filter((path) => path.startsWith('/bytes/'))).toHaveLength(1);
    expect(left()).toEqual(['github-b1-cpu']);
  });
});

describe('a program on PATH', () => {
  it('is recorded where it lies, before anything is fetched', async () => {
    const { install, folder, left } = setUp('http://127.0.0.1:9');
    const log = join(folder, 'starts');
    const program = writeExecutable(join(folder, 'bin', 'llama-server'), serverScript({ log }));
    const environment = { PATH: `${folder}/bin:${TOOLS}` };
    const build = await install({ source: undefined, environment });
    expect(build).toMatchObject({ name: 'path', source: 'path', program });
    expect(left()).toEqual(['path']);
    await install({ source: undefined, environment });
    expect(startsOf(log)).toHaveLength(3);
  });

  it('is passed over where it does not run, or lacks the GPU that is asked for', async () => {
    const { install, folder, log } = setUp('http://127.0.0.1:9');
    const environment = { PATH: `${folder}/bin` };
    writeExecutable(join(folder, 'bin', 'llama-server'), serverScript({}));
    const sources = { source: undefined, environment };
    await expect(install({ ...sources, backend: 'vulkan' })).rejects.toThrow(/path: .* lists no vulkan device/);
    writeExecutable(join(folder, 'bin', 'llama-server'), '#!/bin/sh\nexit 3\n');
    await expect(install(sources)).rejects.toThrow(/path: .*debian: apt-get is not on this machine.*github: /);
    expect(log.filter((line) => line.startsWith('not from'))).toHaveLength(6);
  });
});

describe('a build from source', () => {
  it('names the packages that are missing', async () => {
    const { install, folder } = setUp('http://127.0.0.1:9');
    const bin = join(folder, 'bin');
    for (const tool of ['sh', 'uname', 'nproc'])
      writeExecutable(join(bin, tool), `#!/bin/sh\nexec /bin/${tool} "$@"\n`);
    const environment = { PATH: bin };
    await expect(install({ compile: true, source: undefined, backend: 'cuda', environment })).rejects.toThrow(
      /compiled: tools are missing that the build needs: sudo apt install git cmake g\+\+ ninja-build nvidia-cuda-toolkit/,
    );
  });
});

it('an engine without a recipe is refused with what can be installed', async () => {
  const { install: _, paths } = setUp('http://127.0.0.1:9');
  await expect(installEngine('../etc', { backend: 'cpu', paths, environment: {} })).rejects.toThrow(
    /no recipe that installs \.\.\/etc\. What it can install: .*llama-server/,
  );
});

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { writeBuildFile } from '../../../src/binaries/build-file.ts';
import { findProgram, listBuilds } from '../../../src/binaries/builds.ts';
import { pathsIn, temporaryFolder, writeExecutable } from './programs.ts';

function setUp() {
  const folder = temporaryFolder();
  const paths = pathsIn(folder);
  const onPath = writeExecutable(join(folder, 'bin/llama-server'), '#!/bin/sh\n');
  const environment = { PATH: `relative:${folder}/none:${dirname(onPath)}` };
  const add = (name: string, installedAt: string, program = 'llama-server') => {
    const directory = join(paths.enginesDir, 'llama-server', name);
    if (program === 'llama-server') writeExecutable(join(directory, program), '#!/bin/sh\n');
    mkdirSync(directory, { recursive: true });
    const common = { engine: 'llama-server', version: '1', backend: 'cpu', parts: [], contents: [] };
    writeBuildFile(directory, { ...common, source: 'debian', installedAt, program });
    return join(directory, 'llama-server');
  };
  return { folder, paths, environment, onPath, add };
}

describe('finding a program', () => {
  it('takes the path given, else the build named, else the newest build, else what is on PATH', async () => {
    const { paths, environment, onPath, add } = setUp();
    const find = (options: { build?: string; binary?: string }) =>
      findProgram('llama-server', { ...options, paths, environment });
    expect(await find({})).toBe(onPath);
    const old = add('debian-1-cpu', '2026-01-01T00:00:00.000Z');
    const recent = add('github-2-cpu', '2026-02-01T00:00:00.000Z');
    expect(await find({})).toBe(recent);
    expect(await find({ build: 'debian-1-cpu' })).toBe(old);
    expect(await find({ build: 'debian-1-cpu', binary: onPath })).toBe(onPath);
  });

  it('says what is there and how to install, where it finds none', async () => {
    const { folder, paths, add } = setUp();
    const environment = { PATH: '', ORCHESTRATOR_STATE_DIR: paths.stateDir };
    const find = (options: { build?: string; binary?: string }) =>
      findProgram('llama-server', { ...options, paths, environment });
    await expect(find({})).rejects.toMatchObject({
      code: 'engine_missing',
      message: expect.stringMatching(
        /is not installed\. Install it with: orchestrator engine install llama-server$/,
      ) as string,
    });
    // Installed without it, it would not be found here.
    await expect(findProgram('llama-server', { paths, environment: { PATH: '' } })).rejects.toThrow(
      `engine install llama-server --state-dir ${paths.stateDir}`,
    );
    add('debian-1-cpu', '2026-01-01T00:00:00.000Z');
    await expect(find({ build: 'debian-2-cpu' })).rejects.toThrow(/no build debian-2-cpu .* Installed: debian-1-cpu\./);
    await expect(find({ binary: join(folder, 'nowhere') })).rejects.toThrow(/nowhere, is not there/);
  });

  it('passes over what is half there: no build file, a damaged one, a program that is gone, hidden folders', () => {
    const { folder, paths, add } = setUp();
    const root = join(paths.enginesDir, 'llama-server');
    add('.install-x', '2026-01-01T00:00:00.000Z');
    add('path', '2026-01-01T00:00:00.000Z', join(folder, 'gone'));
    chmodSync(add('locked', '2026-01-01T00:00:00.000Z'), 0o644);
    writeExecutable(join(root, 'unfinished', 'llama-server'), '');
    writeExecutable(join(root, 'damaged', 'llama-server'), '');
    writeFileSync(join(root, 'damaged', 'build.json'), '{"engine":');
    expect(listBuilds('llama-server', paths)).toEqual([]);
    add('whole', '2026-01-01T00:00:00.000Z');
    expect(listBuilds('llama-server', paths).map(({ name }) => name)).toEqual(['whole']);
  });
});

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { writeLauncher } from '../../../src/binaries/launcher.ts';
import { temporaryFolder, writeExecutable } from './programs.ts';

function setUp(): { folder: string; directory: string } {
  const folder = temporaryFolder();
  const directory = join(folder, 'build one');
  writeExecutable(join(directory, 'root/bin/server'), '#!/bin/sh\nprintf "%s\\n" "$$" "$PWD" "$@"\n');
  writeExecutable(join(directory, 'root/lib/backends/x.so'), '');
  writeLauncher({ directory, name: 'server', target: 'root/bin/server', workingDirectory: 'root/lib/backends' });
  return { folder, directory };
}

const call = (command: string, args: string[] = [], cwd?: string) =>
  execFileSync(command, args, { cwd, encoding: 'utf8' }).trimEnd().split('\n').slice(1);

describe('a launcher', () => {
  it('runs the program in the folder it needs, with the arguments as they are', () => {
    const { directory } = setUp();
    expect(call(join(directory, 'server'), ['a b', '$HOME', '"'])).toEqual([
      join(directory, 'root/lib/backends'),
      'a b',
      '$HOME',
      '"',
    ]);
  });

  it('finds its folder by a relative path, through symbolic links, on PATH, and after a move', () => {
    const { folder, directory } = setUp();
    const inside = ['root/lib/backends'].map((path) => join(directory, path));
    expect(call('./build one/server', [], folder)).toEqual(inside);
    expect(call('../build one/server', [], directory)).toEqual(inside);
    symlinkSync('build one/server', join(folder, 'link'));
    symlinkSync(join(folder, 'link'), join(folder, 'link to link'));
    expect(call(join(folder, 'link to link'))).toEqual(inside);
    expect(call('./link', [], folder)).toEqual(inside);
    expect(call('sh', ['-c', 'PATH="$1:$PATH" server', 'sh', directory])).toEqual(inside);
    const moved = join(dirname(directory), 'moved');
    renameSync(directory, moved);
    expect(call(join(moved, 'server'))).toEqual([join(moved, 'root/lib/backends')]);
  });

  it('becomes the program: the process id is the engine’s own', async () => {
    const { directory } = setUp();
    const child = spawn(join(directory, 'server'), [], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(output.split('\n')[0]).toBe(String(child.pid));
  });

  it('starts the program by the loader of its own root', () => {
    const { directory } = setUp();
    writeExecutable(join(directory, 'root/lib/ld'), '#!/bin/sh\nprintf "%s\\n" loader "$@"\n');
    const loader = { path: 'root/lib/ld', libraries: ['root/lib', 'root/lib/llama'] };
    writeLauncher({ directory, name: 'server', target: 'root/bin/server', loader });
    expect(call(join(directory, 'server'), ['-m', 'x'])).toEqual([
      '--argv0',
      'server',
      '--library-path',
      `${directory}/root/lib:${directory}/root/lib/llama`,
      `${directory}/root/bin/server`,
      '-m',
      'x',
    ]);
  });
});

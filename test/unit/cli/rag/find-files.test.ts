import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findFiles } from '../../../../src/cli/rag/find-files.ts';

let root: string;
const write = (path: string, content: string | Buffer = 'text') => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
};
const find = async (...named: string[]) => {
  const { files, skipped } = await findFiles(named.map((name) => join(root, name)));
  return {
    files: files.map(({ path }) => relative(root, path)),
    skipped: skipped.map(({ path, reason }) => `${relative(root, path)}: ${reason}`),
  };
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orchestrator-find-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the files that are meant', () => {
  it('of a folder are all that can be read, in order', async () => {
    write('docs/b.md');
    write('docs/a/one.txt');
    write('docs/.git/config');
    write('docs/.env');
    write('docs/node_modules/x/readme.md');
    write('docs/picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]));
    write('docs/report.pdf', Buffer.from([0x25, 0x50, 0, 0]));
    write('docs/wide.txt', Buffer.from('\uFEFFñ', 'utf16le'));
    write('docs/nothing.txt', '');
    execFileSync('mkfifo', [join(root, 'docs/pipe')]);
    expect(await find('docs')).toEqual({
      files: ['docs/a/one.txt', 'docs/b.md', 'docs/report.pdf', 'docs/wide.txt'],
      skipped: [
        'docs/.env: hidden',
        'docs/nothing.txt: empty',
        'docs/picture.png: binary',
        'docs/pipe: neither file nor folder',
      ],
    });
  });

  it('are not those that a link leads to out of the folder; circles end', async () => {
    write('secret/key.txt');
    write('docs/a.md');
    symlinkSync(join(root, 'secret'), join(root, 'docs/out'));
    symlinkSync(join(root, 'secret/key.txt'), join(root, 'docs/out.txt'));
    symlinkSync(join(root, 'docs'), join(root, 'docs/circle'));
    symlinkSync(join(root, 'docs/a.md'), join(root, 'docs/same.md'));
    symlinkSync(join(root, 'nowhere'), join(root, 'docs/nowhere'));
    expect(await find('docs')).toEqual({
      files: ['docs/a.md'],
      skipped: [
        'docs/nowhere: a link that leads nowhere',
        'docs/out: a link out of the folder',
        'docs/out.txt: a link out of the folder',
      ],
    });
  });

  it('are each taken once, however often they are meant', async () => {
    write('docs/a.md');
    write('docs/deep/b.md');
    expect((await find('docs/a.md', 'docs', 'docs/**/*.md', 'docs/a.md')).files).toEqual([
      'docs/a.md',
      'docs/deep/b.md',
    ]);
  });

  it('of a glob leave out what nobody means', async () => {
    write('src/a.ts');
    write('src/b.js');
    write('src/node_modules/c.ts');
    write('src/.cache/d.ts');
    expect((await find('src/**/*.ts')).files).toEqual(['src/a.ts']);
    expect((await find('src/.cache/*.ts')).files).toEqual(['src/.cache/d.ts']);
  });

  it('are called by their place in the folder', async () => {
    write('docs/deep/b.md');
    write('a.md');
    const { files } = await findFiles([join(root, 'docs/'), join(root, 'a.md')]);
    expect(files.map(({ name }) => name)).toEqual(['docs/deep/b.md', 'a.md']);
  });

  it('are taken whatever they are, where they are named themselves', async () => {
    write('odd.bin', Buffer.from([0, 1, 2]));
    expect((await find('odd.bin')).files).toEqual(['odd.bin']);
  });

  it.each(['nothing.txt', '*.nothing', 'nothing/'])('%s is said where there is none', async (name) => {
    await expect(find(name)).rejects.toMatchObject({ exitCode: 2 });
  });
});

import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished, describe, expect, it } from 'vitest';

import { FileWatch } from '../../../src/profiles/watch.ts';
import { until } from '../../support/wait.ts';

/** A watch over a file that is there, and how often it has spoken. */
async function watching() {
  const directory = mkdtempSync(join(tmpdir(), 'watch-'));
  const seen = { changes: 0 };
  const watch = new FileWatch({
    lookEveryMs: 10,
    onChange: () => {
      seen.changes += 1;
      return Promise.resolve();
    },
  });
  onTestFinished(() => {
    watch.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const path = (name: string) => join(directory, name);
  const write = (name: string, text: string) => writeFileSync(path(name), text);
  const changes = (count: number) => until(`${count} changes`, () => seen.changes >= count);
  write('profile.yaml', 'one');
  await watch.follow([path('profile.yaml')]);
  return { watch, seen, path, write, changes };
}

describe('a file watch', () => {
  it('sees a file written in place, and one replaced by renaming, each once', async () => {
    const { seen, path, write, changes } = await watching();
    write('profile.yaml', 'two!');
    await changes(1);
    write('.profile.yaml.swp', 'tre!');
    renameSync(path('.profile.yaml.swp'), path('profile.yaml'));
    await changes(2);
    write('profile.yaml', 'again the same way');
    await changes(3);
    expect(seen.changes).toBe(3);
  });

  it('sees that a link points elsewhere, and that what it points to was written', async () => {
    const { watch, seen, path, write, changes } = await watching();
    write('other.yaml', 'other');
    symlinkSync('profile.yaml', path('link.yaml'));
    await watch.follow([path('link.yaml')]);
    symlinkSync('other.yaml', path('fresh'));
    renameSync(path('fresh'), path('link.yaml'));
    await changes(1);
    write('other.yaml', 'written');
    await changes(2);
    expect(seen.changes).toBe(2);
  });

  it('sees a file come and go in a folder that it watches', async () => {
    const { watch, seen, path, write, changes } = await watching();
    await watch.follow([join(path('.'))]);
    write('model.gguf', 'x');
    await changes(1);
    rmSync(path('model.gguf'));
    await changes(2);
    expect(seen.changes).toBe(2);
  });

  it('says once that a file is gone, and then that it is back', async () => {
    const { seen, path, write, changes } = await watching();
    rmSync(path('profile.yaml'));
    await changes(1);
    write('profile.yaml', 'back');
    await changes(2);
    expect(seen.changes).toBe(2);
  });

  it('follows the files that it is told to, and no others', async () => {
    const { watch, seen, path, write, changes } = await watching();
    write('base.yaml', 'base');
    await watch.follow([path('base.yaml')]);
    write('profile.yaml', 'not looked at any more');
    write('base.yaml', 'changed');
    await changes(1);
    expect(seen.changes).toBe(1);
  });

  it('counts from when it is told, so what was there before is no change', async () => {
    const { watch, seen, path, write, changes } = await watching();
    write('profile.yaml', 'two!');
    await watch.follow([path('profile.yaml')]);
    write('profile.yaml', 'three');
    await changes(1);
    expect(seen.changes).toBe(1);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { withFileLock } from '../../../src/models/file-lock.ts';
import { temporaryFolder } from './support.ts';

const nothing = () => Promise.resolve('done');

describe('the lock of a pull', () => {
  it('lets one in at a time, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withFileLock(join(folder, 'lock'), {}, work)));
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    const path = join(temporaryFolder(), 'lock');
    await expect(withFileLock(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from a process that died, also when several find it at once', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = spawn('/bin/sh', ['-c', 'exit 0']);
    await once(child, 'close');
    writeFileSync(path, JSON.stringify({ host: hostname(), pid: child.pid, started: '12345', nonce: 'dead' }));
    expect(await Promise.all([1, 2, 3].map(() => withFileLock(path, {}, nothing)))).toEqual(['done', 'done', 'done']);
  });

  it('is taken over from a reused pid: the start time differs', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, JSON.stringify({ host: hostname(), pid: process.pid, started: '1', nonce: 'before' }));
    expect(await withFileLock(path, {}, nothing)).toBe('done');
  });

  it('of another machine counts as long as its heartbeat does', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, JSON.stringify({ host: 'elsewhere', pid: 1, started: '1', nonce: 'far' }));
    const stop = new AbortController();
    const onWait = () => stop.abort(new Error('waited'));
    await expect(withFileLock(path, { signal: stop.signal, onWait }, nothing)).rejects.toThrow('waited');
    expect(readFileSync(path, 'utf8')).toContain('elsewhere');
    utimesSync(path, 1, 1);
    expect(await withFileLock(path, {}, nothing)).toBe('done');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  allPids,
  bootId,
  findFamily,
  hasEnvironment,
  isAlive,
  listeningPort,
  listensOnPort,
  listensOnSocket,
  mappedBytes,
  progressMark,
  readStat,
  residentBytes,
} from '../../../src/supervisor/proc.ts';

const NOBODY = 4_194_305;
const own = process.pid;

describe('what the kernel says', () => {
  it('of this process', () => {
    const stat = readStat(own);
    expect(stat).toMatchObject({ pid: own, parent: process.ppid });
    expect(stat?.startTicks).toBeGreaterThan(0);
    expect(allPids()).toContain(own);
    expect(isAlive(own)).toBe(true);
    expect(residentBytes(own)).toBeGreaterThan(10 << 20);
    expect(mappedBytes(own)).toBeGreaterThan(residentBytes(own));
    expect(progressMark([own])).toMatch(new RegExp(`^${own}:\\d+/\\d+$`));
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('of a process that is not there: nothing', () => {
    expect(readStat(NOBODY)).toBeUndefined();
    expect(isAlive(NOBODY)).toBe(false);
    expect(residentBytes(NOBODY)).toBe(0);
    expect(hasEnvironment(NOBODY, 'A=b')).toBe(false);
    expect(findFamily(NOBODY, undefined)).toEqual([]);
    expect(listensOnPort([NOBODY], 1)).toBe(false);
    expect(listeningPort([NOBODY])).toBeUndefined();
  });

  it('of a process whose name looks like a row of the same table', async () => {
    const script = "printf ') S 1 2 3' >/proc/self/comm; echo ready; read line";
    const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain('() S 1 2 3)');
    expect(readStat(pid)).toMatchObject({ pid, parent: own, group: pid, session: pid });
    child.stdin.end();
    await once(child, 'exit');
  });

  it('of a family: group, session, descendants, and who carries the mark', async () => {
    const mark = `PROC_TEST=${own}-${performance.now()}`;
    const script = 'setsid sleep 600 & sleep 600 & echo $!; read line; kill %1 %2';
    const child = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: { PATH: process.env['PATH'], PROC_TEST: mark.slice('PROC_TEST='.length) },
    });
    await once(child.stdout, 'data');
    const leader = child.pid ?? 0;
    const isSleep = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep');
    // The second sleep has a session of its own once setsid has run.
    await expect.poll(() => findFamily(leader, mark).filter(isSleep).length, { interval: 5 }).toBe(2);
    const family = findFamily(leader, mark);
    expect(family).toContain(leader);
    expect(family).not.toContain(own);
    expect(family.every((pid) => hasEnvironment(pid, mark))).toBe(true);
    for (const pid of family) process.kill(pid, 'SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => findFamily(leader, mark), { interval: 5 }).toEqual([]);
  });

  it('of sockets: who listens, and on what', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'proc-'));
    const path = join(directory, 'a.sock');
    const tcp = createServer().listen(0, '127.0.0.1');
    const unix = createServer().listen(path);
    await Promise.all([once(tcp, 'listening'), once(unix, 'listening')]);
    const { port } = tcp.address() as AddressInfo;
    expect(listensOnPort([own], port)).toBe(true);
    expect(listensOnPort([1], port), 'another process').toBe(false);
    expect(listensOnSocket([own], path)).toBe(true);
    expect(listensOnSocket([own], `${path}x`)).toBe(false);
    expect(listeningPort([own])).toBeTypeOf('number');
    await Promise.all([tcp, unix].map((server) => new Promise((resolve) => server.close(resolve))));
    expect(listensOnPort([own], port)).toBe(false);
    rmSync(directory, { recursive: true });
  });
});

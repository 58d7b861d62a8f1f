import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import type { Launch, Listen } from '../../../src/engines/contract.ts';
import { Guardian } from '../../../src/supervisor/guardian.ts';
import type { HostedEngine } from '../../../src/supervisor/host.ts';
import { Ledger } from '../../../src/supervisor/ledger.ts';
import { LocalHost } from '../../../src/supervisor/local-host.ts';
import { alive } from '../../support/processes.ts';
import { available } from '../../support/skip.ts';
import { silentLogger } from './house.ts';

const RUN = 'd00d'.repeat(8);
const hasShm = available(
  existsSync('/dev/shm') && existsSync('/usr/bin/python3'),
  'shared memory: no /dev/shm or no python3',
);

describe('engines on this machine', () => {
  let directory = '';
  let guardian: Guardian;
  let host: LocalHost;
  let ledger: Ledger;
  let lines: string[] = [];
  const engines: HostedEngine[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'host-'));
    mkdirSync(join(directory, 's'));
    writeFileSync(join(directory, 's', 'stale.sock'), '');
    guardian = new Guardian(RUN, silentLogger);
    ledger = new Ledger(directory, RUN, silentLogger);
    const environment = { PATH: process.env['PATH'], HF_TOKEN: 'a-secret-of-ours', HOME: '/home/somebody' };
    host = new LocalHost({ stateDir: directory, run: RUN, guardian, ledger, logger: silentLogger, environment });
    lines = [];
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop(0)));
    guardian.close();
    rmSync(directory, { recursive: true });
  });

  const start = async (script: string, launch: Partial<Launch> = {}, listen: Listen = { kind: 'port', port: 1 }) => {
    const engine = await host.start({
      expert: 'a',
      launch: { command: '/bin/sh', args: ['-c', script], env: {}, ...launch },
      listen,
      headers: {},
      connections: 1,
      onLine: (line) => lines.push(line),
    });
    engines.push(engine);
    return engine;
  };
  const said = async (line: string): Promise<void> => {
    await expect.poll(() => lines, { interval: 2 }).toContain(line);
  };

  it('inherit next to nothing', async () => {
    const engine = await start('env', { env: { OWN: 'yes' } });
    expect(await engine.ended).toEqual({ code: 0, signal: null, oomKilled: false });
    const names = lines.map((line) => line.split('=')[0] ?? '').sort();
    const expected = ['HOME', 'LANG', 'ORCHESTRATOR_RUN', 'ORCHESTRATOR_START', 'OWN', 'PATH'];
    expect(names.filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name))).toEqual(expected);
    expect(lines).toContain(`HOME=${directory}`);
  });

  it('have all of their output read before their end is told, both streams, the last line too', async () => {
    const engine = await start('echo out; echo err >&2; printf "no newline"');
    await engine.ended;
    expect(lines.sort()).toEqual(['err', 'no newline', 'out']);
  });

  it('are asked first', async () => {
    const engine = await start('trap "echo asked; exit 3" TERM; echo up; while :; do sleep 0.01; done');
    await said('up');
    expect(engine.exited).toBe(false);
    await engine.stop(10_000);
    expect(engine.exited).toBe(true);
    expect(await engine.ended).toMatchObject({ code: 3, signal: null });
    expect(lines).toContain('asked');
  });

  it.runIf(hasShm)('leave no shared memory when they end as they are asked to', async () => {
    const segment = `/dev/shm/psm_${process.pid.toString(16)}${Date.now().toString(16)}`;
    writeFileSync(segment, Buffer.alloc(4_096, 1));
    onTestFinished(() => rmSync(segment, { force: true }));
    // Python leaves it to a tracker to remove such a segment, and here there is none.
    const script = `import mmap,time;f=open('${segment}','r+b');m=mmap.mmap(f.fileno(),4096);print('up',flush=True);time.sleep(600)`;
    const engine = await start('', { command: '/usr/bin/python3', args: ['-c', script] });
    await said('up');
    await engine.stop(10_000);
    expect(await engine.ended).toMatchObject({ signal: 'SIGTERM' });
    expect(existsSync(segment)).toBe(false);
  });

  it('are killed at the end of their grace', async () => {
    const engine = await start('trap "" TERM; echo up; while :; do sleep 0.01; done');
    await said('up');
    await engine.stop(50);
    expect(await engine.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('are killed at once by a second stop without patience', async () => {
    const engine = await start('trap "" TERM; echo up; while :; do sleep 0.01; done');
    await said('up');
    const polite = engine.stop(600_000);
    await Promise.all([polite, engine.stop(0)]);
    expect(await engine.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('take their whole family along when they end by themselves, who left the session too', async () => {
    const engine = await start('setsid sleep 600 & echo $!; sleep 600 & echo $!; exit 7');
    expect(await engine.ended).toMatchObject({ code: 7 });
    expect(lines).toHaveLength(2);
    expect(lines.map(Number).filter(alive)).toEqual([]);
  });

  it('are written down while they live, and no longer', async () => {
    const children = () =>
      (JSON.parse(readFileSync(join(directory, 'children.json'), 'utf8')) as { runs: { children: unknown[] }[] })
        .runs[0]?.children;
    const engine = await start('exec sleep 600');
    expect(children()).toMatchObject([{ expert: 'a', pid: engine.pid }]);
    await engine.stop(0);
    expect(children()).toEqual([]);
  });

  it.each([
    ['asked to end', (engine: HostedEngine) => engine.stop(10_000)],
    ['killed while it starts', (engine: HostedEngine) => engine.stop(0)],
    ['killed from outside', (engine: HostedEngine) => Promise.resolve(process.kill(engine.pid, 'SIGKILL'))],
  ])('with a stop command have it run once: %s', async (_how, end) => {
    const file = join(directory, 'stops');
    const client = `echo up; while [ ! -s ${file} ]; do sleep 0.01; done`;
    const engine = await start(client, { stop: ['/bin/sh', '-c', `echo "$HF_TOKEN stopped" >>${file}`] });
    await said('up');
    await end(engine);
    await engine.ended;
    expect(readFileSync(file, 'utf8')).toBe(' stopped\n');
  });

  it('that cannot be executed are refused with the way out', async () => {
    const launch = { command: join(directory, 'no-such-program'), args: [] };
    await expect(start('', launch)).rejects.toMatchObject({
      code: 'engine_missing',
      message: expect.stringMatching(/there is no program .*no-such-program\. Correct it in the profile/) as string,
    });
  });

  it('that choose their own port are found by their own listeners, behind a wrapper too', async () => {
    const server = `require('node:http').createServer((i, o) => o.end('hello')).listen(0, '127.0.0.1')`;
    const engine = await start(`"${process.execPath}" -e "${server}"; exit $?`, {}, { kind: 'any-port' });
    expect(engine.upstream()).toBeUndefined();
    expect(engine.provesIdentity()).toBe(false);
    const find = () => {
      engine.progressMark();
      return engine.upstream();
    };
    await expect.poll(find, { timeout: 5_000, interval: 20 }).toBeDefined();
    expect(engine.provesIdentity()).toBe(true);
    const upstream = engine.upstream();
    const answer = await upstream?.dispatcher.request({ origin: upstream.origin, path: '/', method: 'GET' });
    expect(await answer?.body.text()).toBe('hello');
  });

  it('get an address of their own', async () => {
    expect(existsSync(join(directory, 's')), 'nothing of an earlier run').toBe(false);
    const sockets = [await host.address(['socket', 'port'], 'a/b c'), await host.address(['socket', 'port'], 'a/b c')];
    expect(new Set(sockets.map((listen) => listen.kind === 'socket' && listen.path)).size).toBe(2);
    const ports = await Promise.all(Array.from({ length: 20 }, () => host.address(['port'], 'a')));
    expect(new Set(ports.map((listen) => listen.kind === 'port' && listen.port)).size).toBe(20);
    expect(await host.address(['any-port'], 'a')).toEqual({ kind: 'any-port' });
  });

  it('below a long path get a port, or are refused where they only take a socket', async () => {
    const stateDir = join(directory, 'x'.repeat(100));
    const far = new LocalHost({ stateDir, run: RUN, guardian, ledger, logger: silentLogger, environment: {} });
    expect(await far.address(['socket', 'port'], 'a')).toMatchObject({ kind: 'port' });
    await expect(far.address(['socket'], 'a')).rejects.toMatchObject({
      code: 'engine_start_failed',
      message: expect.stringContaining('--state-dir') as string,
    });
  });
});

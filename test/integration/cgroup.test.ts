/** With a cgroup of its own an engine cannot leave anything behind, not even a process that left group, session and environment. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterEach, describe, expect } from 'vitest';

import { startOrchestrator } from '../support/orchestrator.ts';
import { allProcesses } from '../support/processes.ts';
import { itWhere } from '../support/skip.ts';
import { until } from '../support/wait.ts';

const MOUNT = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(join(path, 'cgroup.controllers')));
const BASE = MOUNT === undefined ? undefined : join(MOUNT, `orchestrator-test-${process.pid}`);
const FAKE_ENGINE = resolve(import.meta.dirname, '../fixtures/fake-engine.mjs');

function canMakeCgroups(): boolean {
  if (BASE === undefined || MOUNT === undefined) return false;
  try {
    accessSync(MOUNT, constants.W_OK);
    mkdirSync(BASE, { recursive: true });
    return existsSync(join(BASE, 'cgroup.kill'));
  } catch {
    return false;
  }
}

const possible = canMakeCgroups();

afterEach(() => {
  if (BASE === undefined || !existsSync(BASE)) return;
  for (const entry of readdirSync(BASE, { withFileTypes: true }))
    if (entry.isDirectory()) rmdirSync(join(BASE, entry.name));
  rmdirSync(BASE);
});

/** Two processes that no mark leads to: empty environment, session of their own, reparented to init. */
function escapingExpert(seconds: number): Record<string, unknown> {
  const escape = `(env -i setsid sleep ${seconds} &); (env -i setsid sh -c 'env -i setsid sleep ${seconds}' &); sleep 0.2`;
  return {
    engine: 'command',
    command: { argv: ['/bin/sh', '-c', `${escape}; exec ${process.execPath} ${FAKE_ENGINE} --port {port}`] },
  };
}

const escaped = (seconds: number) =>
  allProcesses().filter(({ argv }) => argv[0] === 'sleep' && argv[1] === String(seconds));

describe('an engine in a cgroup', () => {
  itWhere(possible, 'needs a writable cgroup v2 hierarchy with cgroup.kill')(
    'takes everything it ever forked with it, on unload and on a kill -9 of the orchestrator',
    async () => {
      const seconds = 100_000 + process.pid;
      await using orchestrator = await startOrchestrator({
        profile: { experts: { escaping: escapingExpert(seconds) } },
        env: { ORCHESTRATOR_CGROUP: BASE ?? '' },
      });
      await orchestrator.load('escaping');
      expect(escaped(seconds)).toHaveLength(2);
      await orchestrator.post('/api/experts/escaping/unload');
      expect(escaped(seconds)).toHaveLength(0);

      await orchestrator.load('escaping');
      expect(escaped(seconds)).toHaveLength(2);
      await orchestrator.killHard();
      await until('nothing that escaped is left', () => escaped(seconds).length === 0, 5_000);
      await until(
        'its cgroup is removed',
        () => !readdirSync(BASE ?? '').some((name) => name.startsWith('engine-')),
        5_000,
      );
    },
  );

  itWhere(possible, 'needs a writable cgroup v2 hierarchy with cgroup.kill')(
    'that is not there is named as missing, not as a shell that ended',
    async () => {
      await using orchestrator = await startOrchestrator({
        profile: { experts: { absent: { engine: 'command', command: { argv: ['no-such-program', '{port}'] } } } },
        env: { ORCHESTRATOR_CGROUP: BASE ?? '' },
      });
      const answer = await orchestrator.chat('x', { model: 'absent' });
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain('there is no program no-such-program');
    },
  );
});

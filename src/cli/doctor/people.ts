import type { Profile } from '../../profiles/profile.ts';
import type { IdentityJson } from '../../server/identity/views.ts';
import type { RuntimeFile, StatsView } from '../../server/views.ts';
import { messageOf } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { memoryLine } from '../memory-line.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Not the machine's. */
const MEMORY = 'user memory';
const ANSWERS_WITHIN_MS = 5_000;

/** What a profile keeps of people, and whether what it needs is there. */
export function checkPeople({ memory, conversations, feedback, experts, security }: Profile): Check[] {
  return [
    memory.enabled
      ? ok(
          MEMORY,
          `On; ${memory.remoteExperts === 'deny' ? 'experts elsewhere see none of it' : 'experts elsewhere may see it'}.`,
        )
      : ok(MEMORY, 'Off: nothing is remembered of users (memory.enabled).'),
    ...(memory.enabled && memory.remoteExperts === 'allow' && experts.some(({ engine }) => engine === 'remote')
      ? [
          warn(
            MEMORY,
            'What is remembered of users leaves this machine.',
            'Set memory.remoteExperts: deny if it should not.',
          ),
        ]
      : []),
    ...(conversations.enabled ? [ok('conversations', 'Kept, where a request names its conversation.')] : []),
    ...(feedback.enabled ? [ok('feedback', 'Ratings are kept with the question and the answer.')] : []),
    ...(security.auth === 'users' && security.registration === 'open'
      ? [
          warn(
            'accounts',
            'Anyone who reaches this server may make one.',
            'Set security.registration: closed if that is not meant.',
          ),
        ]
      : []),
  ];
}

/** How all that is in the running orchestrator. */
export async function checkRunningPeople({ url, token }: Pick<RuntimeFile, 'url' | 'token'>): Promise<Check[]> {
  const client = new Client(new URL(url), token);
  const ask = <T>(path: string) => client.json<T>(path, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
  try {
    const { memory } = await ask<StatsView>('/stats');
    return [...memoryChecks(memory), ...accountChecks(await ask<IdentityJson>('/api/identity'))];
  } catch (error) {
    return [warn('people', `Their state cannot be asked for (${messageOf(error)}).`, 'See `orchestrator logs`.')];
  }
}

function memoryChecks(memory: StatsView['memory']): Check[] {
  const line = memoryLine(memory);
  if (line === undefined) return [];
  if (memory.state !== 'degraded') return [ok(MEMORY, `Runs: ${line}.`)];
  return [warn(MEMORY, `Runs: ${line}.`, 'Inference goes on without it; `orchestrator logs` says more.')];
}

function accountChecks({ auth, state, reason, accounts, administrators }: IdentityJson): Check[] {
  if (auth !== 'users') return [];
  if (state === 'stale' || state === 'opening')
    return [
      fail(
        'accounts',
        `Not read yet, or not any more${reason === null ? '' : `: ${reason}`}.`,
        'See `orchestrator logs`.',
      ),
    ];
  if (administrators === 0)
    return [warn('accounts', `${accounts} kept, none of an administrator.`, 'orchestrator user add NAME --admin')];
  return [ok('accounts', `${accounts} kept, ${administrators} of administrators.`)];
}

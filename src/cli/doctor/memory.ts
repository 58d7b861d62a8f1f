import type { Profile } from '../../profiles/profile.ts';
import type { RuntimeFile, StatsView } from '../../server/views.ts';
import { messageOf } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { memoryLine } from '../memory-line.ts';
import { type Check, ok, warn } from './check.ts';

/** Not the machine's. */
const ABOUT = 'user memory';
const ANSWERS_WITHIN_MS = 5_000;

/** What a profile keeps of what people say. */
export function checkMemory({ memory, conversations, feedback, experts }: Profile): Check[] {
  const isSeenElsewhere = memory.remoteExperts === 'allow';
  const leaves = memory.enabled && isSeenElsewhere && experts.some(({ engine }) => engine === 'remote');
  return [
    memory.enabled
      ? ok(ABOUT, `On; experts elsewhere ${isSeenElsewhere ? 'may see it' : 'see none of it'}.`)
      : ok(ABOUT, 'Off: nothing is remembered of users (memory.enabled).'),
    ...(leaves
      ? [
          warn(
            ABOUT,
            'What is remembered of users leaves this machine.',
            'Set memory.remoteExperts: deny if it should not.',
          ),
        ]
      : []),
    ...(conversations.enabled ? [ok('conversations', 'Kept, where a request names its conversation.')] : []),
    ...(feedback.enabled ? [ok('feedback', 'Ratings are kept with the question and the answer.')] : []),
  ];
}

/** How the memory of the running orchestrator is; nothing where it has none. */
export async function checkRunningMemory({ url, token }: Pick<RuntimeFile, 'url' | 'token'>): Promise<Check[]> {
  let memory: StatsView['memory'];
  try {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    ({ memory } = await new Client(new URL(url), token).json<StatsView>('/stats', { signal }));
  } catch (error) {
    return [warn(ABOUT, `Its state cannot be asked for (${messageOf(error)}).`, 'See `orchestrator logs`.')];
  }
  const line = memoryLine(memory);
  if (line === undefined) return [];
  if (memory.state !== 'degraded') return [ok(ABOUT, `Runs: ${line}.`)];
  return [warn(ABOUT, `Runs: ${line}.`, 'Inference goes on without it; `orchestrator logs` says more.')];
}

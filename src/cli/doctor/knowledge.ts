import type { Profile } from '../../profiles/profile.ts';
import type { KnowledgeStatusJson } from '../../server/knowledge/views.ts';
import type { RuntimeFile } from '../../server/views.ts';
import { messageOf } from '../../shared/errors.ts';
import { Client } from '../client.ts';
import { knowledgeLine } from '../knowledge-line.ts';
import { type Check, fail, ok, warn } from './check.ts';

const ABOUT = 'knowledge';
const ANSWERS_WITHIN_MS = 5_000;

/** What a profile says of documents, and whether what it needs is there. */
export function checkKnowledge({ knowledge }: Profile, environment: NodeJS.ProcessEnv): Check[] {
  if (!knowledge.enabled) return [ok(ABOUT, 'Off: no documents are kept (knowledge.enabled).')];
  const { store, embedding } = knowledge;
  const missing = store === 'embedded' ? [] : [store.userEnv, store.passwordEnv].filter((name) => !environment[name]);
  const by =
    embedding === undefined
      ? 'search goes by words alone (knowledge.embedding names no expert)'
      : `embedded by ${embedding}`;
  return [
    ok(ABOUT, `On, kept ${store === 'embedded' ? 'in the state directory' : `at ${store.url}`}; ${by}.`),
    ...missing.map((name) =>
      fail(
        ABOUT,
        `${name}, by which the store is signed in to, is not set.`,
        `export ${name}=… before \`orchestrator up\``,
      ),
    ),
  ];
}

/** How the knowledge of the running orchestrator is; nothing where it keeps none. */
export async function checkRunningKnowledge({ url, token }: Pick<RuntimeFile, 'url' | 'token'>): Promise<Check[]> {
  let status: KnowledgeStatusJson;
  try {
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    status = await new Client(new URL(url), token).json<KnowledgeStatusJson>('/api/knowledge', { signal });
  } catch (error) {
    return [warn(ABOUT, `Its state cannot be asked for (${messageOf(error)}).`, 'See `orchestrator logs`.')];
  }
  const line = knowledgeLine(status);
  if (line === undefined) return [];
  if (status.state !== 'degraded') return [ok(ABOUT, `Runs: ${line}.`)];
  return [warn(ABOUT, `Runs: ${line}.`, 'Inference goes on without documents; `orchestrator logs` says more.')];
}

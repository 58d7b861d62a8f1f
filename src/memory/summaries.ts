import type { User } from '../store/contract.ts';
import type { ConversationRepository, MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { holdsSecret } from './extract/secrets.ts';
import { hashOf } from './hash.ts';
import { oneLine } from './one-line.ts';
import type { SecondExtractionParts } from './second-extraction.ts';
import { isSensitive } from './sensitive.ts';
import type { Writer } from './writer.ts';

const CONFIDENCE = 0.8;
const IMPORTANCE = 0.4;
/** In the place of how many turns have been summed up: no conversation has more. */
const NEVER_AGAIN = 2 ** 31;

/**
 * What is forgotten stands in the turns of these conversations still: no summary is made of them any more that would bring it back. New
 * conversations have theirs.
 */
export async function endSummaries(
  conversations: ConversationRepository,
  user: User,
  which: ReadonlySet<string> | 'all',
): Promise<void> {
  const ids = which === 'all' ? (await conversations.list(user)).map(({ id }) => id) : which;
  for (const id of ids) await conversations.change(user, id, { summarized: NEVER_AGAIN });
}

/** A summary of a conversation, in the place of an earlier one; undefined: it was not kept. */
export function keepSummary(
  user: User,
  { conversation, text, language, at, counts }: Parameters<SecondExtractionParts['keepSummary']>[1],
  {
    memories,
    writer,
    sensitive,
  }: { readonly memories: MemoryRepository; readonly writer: Writer; readonly sensitive: 'deny' | 'allow' },
): Promise<StoredMemory | undefined> {
  return writer.run(user, async () => {
    const line = oneLine(text);
    if (!counts() || line === '' || holdsSecret(line)) return undefined;
    if (sensitive === 'deny' && isSensitive('', [line])) return undefined;
    const now = await writer.time(user);
    const about = { subject: 'user', attribute: '', value: '', text: line };
    const hash = hashOf(about);
    if (await memories.byHash(user, hash)) return undefined;
    const summaries = await memories.list(user, { kinds: ['summary'] });
    const earlier = summaries.filter(({ evidence }) => evidence.some((each) => each.conversation === conversation));
    const [added] = await writer.apply(user, {
      add: [
        {
          ...about,
          kind: 'summary',
          language,
          hash,
          state: 'active',
          pinned: false,
          confidence: CONFIDENCE,
          importance: IMPORTANCE,
          validFrom: at,
          validTo: null,
          recorded: now,
          retracted: null,
          supersededBy: null,
          expires: null,
          evidence: [{ quote: '', at, conversation, request: null }],
          origin: 'expert',
          seen: 1,
          lastSeen: now,
          uses: 0,
          lastUsed: null,
        },
      ],
      change: earlier.map(({ id, validFrom }) => ({
        id,
        validTo: Math.max(validFrom, at),
        retracted: now,
        supersededBy: 0,
      })),
    });
    return added;
  });
}

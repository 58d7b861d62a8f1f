import type { User } from '../store/contract.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { holdsSecret } from './extract/secrets.ts';
import { hashOf } from './hash.ts';
import { oneLine } from './one-line.ts';
import type { SecondExtractionParts } from './second-extraction.ts';
import type { Writer } from './writer.ts';

const CONFIDENCE = 0.8;
const IMPORTANCE = 0.4;

/** A summary of a conversation, in the place of an earlier one; undefined: it was not kept. */
export function keepSummary(
  user: User,
  { conversation, text, language, at }: Parameters<SecondExtractionParts['keepSummary']>[1],
  { memories, writer }: { readonly memories: MemoryRepository; readonly writer: Writer },
): Promise<StoredMemory | undefined> {
  return writer.run(user, async () => {
    const line = oneLine(text);
    if (line === '' || holdsSecret(line)) return undefined;
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

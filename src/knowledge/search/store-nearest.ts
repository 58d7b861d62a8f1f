import { delay } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { ChunkRef, User } from '../../store/contract.ts';
import type { SliceSource } from './fill.ts';

/** Asked for so many times over: near-duplicates and what takes no part are among them. */
const TIMES = 4;
const LEAST = 40;
const MOST = 1_000;
/** More documents are not named to the store: what takes no part is left out afterwards. */
const MOST_NAMED = 500;
const TIMEOUT_MS = 3_000;

export interface StoreQuestion {
  readonly source: Pick<SliceSource, 'nearest'>;
  readonly user: User;
  readonly model: string;
  readonly vector: Float32Array;
}

export interface StoreNearest {
  /** Undefined: words alone. */
  readonly near: readonly (ChunkRef & { readonly similarity: number })[] | undefined;
  readonly degraded: string | null;
}

/** What an index of the store holds for nearest. Never rejects: words go on without it. */
export async function nearestInStore(
  { source, user, model, vector }: StoreQuestion,
  { limit, documents }: { readonly limit: number; readonly documents: readonly string[] | null },
): Promise<StoreNearest> {
  if (documents?.length === 0) return { near: [], degraded: null };
  const named = documents !== null && documents.length <= MOST_NAMED ? documents : undefined;
  const most = Math.min(MOST, Math.max(LEAST, TIMES * limit) * (documents === null || named ? 1 : TIMES));
  const enough = new AbortController();
  try {
    const near = await Promise.race([
      source.nearest?.(user, model, vector, { limit: most, documents: named }),
      delay(TIMEOUT_MS, enough.signal).then(() => Promise.reject(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`))),
    ]);
    return { near, degraded: near ? null : 'The store has no index of vectors: found by words alone.' };
  } catch (error) {
    return { near: undefined, degraded: `The store could not compare vectors: ${messageOf(error)}.` };
  } finally {
    enough.abort();
  }
}

import { AppError } from '../shared/errors.ts';
import type { User } from '../store/contract.ts';
import type { MemoryChange, MemoryRepository, StoredMemory } from '../store/people-contract.ts';
import { isOpen, type Statement } from './consolidate.ts';
import type { Candidate, NewMemory, Said } from './contract.ts';
import { kindOf } from './free-memory.ts';
import { holdsSecret } from './extract/secrets.ts';
import { hashOf } from './hash.ts';
import { MOST_CHARACTERS, oneLine } from './one-line.ts';
import type { Writer } from './writer.ts';

type Change = Partial<Pick<StoredMemory, 'text' | 'kind' | 'pinned' | 'importance' | 'expires'>>;

const IMPORTANCE = 0.7;

/** @throws AppError `invalid_request`: empty, too long, or a secret. */
export function checkedText(text: string): string {
  const line = oneLine(text, MOST_CHARACTERS + 1);
  if (line === '') throw new AppError('invalid_request', 'The text of a memory is empty.', { param: 'text' });
  if (line.length > MOST_CHARACTERS)
    throw new AppError(
      'invalid_request',
      `A memory has ${MOST_CHARACTERS} characters at most. Keep long texts as documents.`,
      {
        param: 'text',
      },
    );
  if (holdsSecret(line))
    throw new AppError(
      'invalid_request',
      'This looks like a password, a key or the number of a card, which are never kept.',
      {
        param: 'text',
      },
    );
  return line;
}

/** What was written by hand. Where it says something that is understood, it takes the place of what it contradicts. */
export function statementOfNew(
  memory: NewMemory,
  { now, extract }: { readonly now: number; readonly extract: (said: Said) => readonly Candidate[] },
): Statement {
  const text = checkedText(memory.text);
  const understood = extract({ text, at: now, conversation: null, request: null, before: null, earlier: [] });
  const [only] = understood;
  const known = understood.length === 1 && only && !only.negated ? only : undefined;
  return {
    kind: memory.kind ?? known?.kind ?? kindOf(text),
    subject: known?.subject ?? 'user',
    attribute: known?.attribute ?? '',
    value: known?.value ?? '',
    text,
    language: known?.language ?? null,
    confidence: 1,
    importance: IMPORTANCE,
    corrects: known?.corrects ?? false,
    negated: false,
    validFrom: memory.validFrom ?? known?.validFrom ?? null,
    expires: memory.expires === undefined ? (known?.expires ?? null) : memory.expires,
    origin: memory.origin,
    pinned: memory.pinned ?? false,
    at: now,
    evidence: null,
  };
}

/** Within `Writer.run`. @throws AppError `conflict`: it is history by now. */
export async function edited(
  user: User,
  id: string,
  change: Change,
  { memories, writer }: { readonly memories: MemoryRepository; readonly writer: Writer },
): Promise<StoredMemory | undefined> {
  const [memory] = await memories.get(user, [id]);
  if (!memory) return undefined;
  const now = await writer.time(user);
  if (!isOpen(memory, now))
    throw new AppError(
      'conflict',
      'This memory is closed: it is history and is not changed. Add a new one in its place.',
    );
  const { text, ...others } = change;
  const fields = checkedFields(others);
  const wanted = text === undefined ? memory.text : checkedText(text);
  if (wanted === memory.text) {
    await writer.apply(user, { add: [], change: [{ id, ...fields }] });
    return (await memories.get(user, [id]))[0];
  }
  const { id: _, ...before } = memory;
  const version = { ...before, ...fields, text: wanted, value: '' };
  const next = {
    ...version,
    hash: hashOf(version),
    origin: 'written' as const,
    state: 'active' as const,
    confidence: 1,
    validFrom: now,
    validTo: null,
    recorded: now,
    lastSeen: now,
  };
  const existing = await memories.byHash(user, next.hash);
  const closing: MemoryChange = { id, validTo: Math.max(memory.validFrom, now), retracted: now, supersededBy: 0 };
  if (!existing) return (await writer.apply(user, { add: [next], change: [closing] }))[0];
  if (existing.id === id) {
    // Another capital, or an accent. What is retracted by nobody is told to the index anew.
    await writer.apply(user, { add: [], change: [{ id, ...fields, text: wanted, retracted: null }] });
    return (await memories.get(user, [id]))[0];
  }
  // The text that it is to have is known: as another memory that counts, or as one that counted once.
  const { hash: _hash, recorded: _recorded, ...opened } = next;
  const reopening = isOpen(existing, now)
    ? { id: existing.id, ...fields }
    : { ...opened, id: existing.id, retracted: null };
  const both = [
    { ...closing, supersededBy: existing.id },
    { ...reopening, supersededBy: null },
  ];
  await writer.apply(user, { add: [], change: both });
  return (await memories.get(user, [existing.id]))[0];
}

/** Within `Writer.run`. From now on it counts, and what it contradicts does not. */
export async function approved(
  user: User,
  id: string,
  { memories, writer }: { readonly memories: MemoryRepository; readonly writer: Writer },
): Promise<StoredMemory | undefined> {
  const [memory] = await memories.get(user, [id]);
  if (memory?.state !== 'quarantined' || memory.retracted !== null) return memory;
  const at = await writer.time(user);
  const statement: Statement = {
    ...memory,
    confidence: 1,
    origin: 'said',
    corrects: false,
    negated: false,
    validFrom: null,
    language: memory.language === 'es' || memory.language === 'en' ? memory.language : null,
    at,
    evidence: null,
  };
  return (await writer.state(user, statement)).memory;
}

function checkedFields({ kind, pinned, importance, expires }: Omit<Change, 'text'>): Partial<Omit<Change, 'text'>> {
  if (importance !== undefined && !(importance >= 0 && importance <= 1))
    throw new AppError('invalid_request', 'The importance of a memory is a number from 0 to 1.', {
      param: 'importance',
    });
  return {
    ...(kind !== undefined && { kind }),
    ...(pinned !== undefined && { pinned }),
    ...(importance !== undefined && { importance }),
    ...(expires !== undefined && { expires }),
  };
}

import { z } from 'zod';

import { AppError } from '../shared/errors.ts';
import type { User } from '../store/contract.ts';
import type { MemoryRepository, StoredMemory } from '../store/people-contract.ts';

/** Of the lines; a program reads those of its own version and older. */
const VERSION = 1;
const LONGEST_LINE = 100_000;

const Header = z.object({ orchestrator: z.literal('memory'), version: z.int().min(1) });

const When = z.int().min(-8.64e15).max(8.64e15);
const Recorded = z.int().min(0).max(8.64e15);
const Name = z.string().max(512);
const Share = z.number().min(0).max(1);

const Line = z.object({
  type: z.literal('memory'),
  id: z.string().max(512),
  kind: z.enum(['fact', 'preference', 'event', 'instruction', 'summary']),
  text: z.string().min(1),
  language: z.string().max(20).nullable(),
  subject: z.string().regex(/^[a-z][a-z0-9 _-]{0,39}$/),
  attribute: z.string().max(60),
  value: z.string(),
  state: z.enum(['active', 'quarantined']),
  pinned: z.boolean(),
  confidence: Share,
  importance: Share,
  validFrom: When,
  validTo: When.nullable(),
  recorded: Recorded,
  retracted: Recorded.nullable(),
  supersededBy: Name.nullable(),
  expires: When.nullable(),
  evidence: z
    .array(
      z.object({ quote: z.string().max(2_000), at: When, conversation: Name.nullable(), request: Name.nullable() }),
    )
    .max(100),
  origin: z.enum(['said', 'extracted', 'expert', 'written', 'imported']),
  seen: z.int().min(1).max(1e9),
  lastSeen: Recorded,
  uses: z.int().min(0).max(1e9),
  lastUsed: Recorded.nullable(),
});

/** A memory as a file has it: its hash is made again. */
export type Exported = Omit<StoredMemory, 'hash'>;

/** Lines of JSON: a header, then every memory of the user, with its history and evidence. */
export async function* exported(memories: MemoryRepository, user: User, now: number): AsyncGenerator<string> {
  yield JSON.stringify({ orchestrator: 'memory', version: VERSION, created: new Date(now).toISOString(), user });
  for await (const slice of memories.each(user, 'all'))
    for (const memory of slice) yield JSON.stringify({ type: 'memory', ...memory });
}

/** @throws AppError `invalid_request` that names the line; then nothing of the file has been kept. @param most Memories at most. */
export async function parsed(lines: AsyncIterable<string>, most: number): Promise<readonly Exported[]> {
  const found: Exported[] = [];
  let number = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    number += 1;
    if (number === 1) checkHeader(line);
    else if (found.length >= most) throw refused(number, `there are more than ${most} memories (memory.perUser)`);
    else found.push(lineOf(line, number));
  }
  if (number === 0)
    throw refused(1, 'the header is missing: give a file that `orchestrator memory export` has written');
  return found;
}

function checkHeader(line: string): void {
  const header = Header.safeParse(json(line, 1));
  if (!header.success)
    throw refused(
      1,
      'this is not the header of exported memories; give a file that `orchestrator memory export` has written',
    );
  if (header.data.version > VERSION)
    throw refused(1, `it is of version ${header.data.version}, and this program reads ${VERSION}; update it first`);
}

function lineOf(line: string, number: number): Exported {
  const memory = Line.safeParse(json(line, number));
  if (memory.success) {
    const { type: _, ...rest } = memory.data;
    return rest;
  }
  const [issue] = memory.error.issues;
  throw refused(number, `${issue?.path.join('.') ?? 'it'}: ${issue?.message ?? 'is not as it should be'}`);
}

function json(line: string, number: number): unknown {
  if (line.length > LONGEST_LINE) throw refused(number, 'it is too long');
  try {
    return JSON.parse(line);
  } catch {
    throw refused(number, 'it is not JSON');
  }
}

function refused(line: number, reason: string): AppError {
  return new AppError(
    'invalid_request',
    `Line ${line} of the memories cannot be read, and nothing was kept: ${reason}.`,
  );
}

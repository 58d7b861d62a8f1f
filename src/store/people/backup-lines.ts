import { z } from 'zod';

import { isKey } from '../ids.ts';

const Key = z.string().refine(isKey, 'not a key');
const Count = z.int().min(0);
const Moment = z.int().nullable();
const Text = z.string().nullable();
const Share = z.number().min(0).max(1);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** With its password as it is at rest (argon2id): who logged in before logs in after. */
const AccountLine = z.strictObject({
  type: z.literal('account'),
  user: Key,
  admin: z.boolean(),
  password: Text,
  suspended: Moment,
  created: Count,
  updated: Count,
});

const KeyLine = z.strictObject({
  type: z.literal('key'),
  user: Key,
  id: Key,
  name: z.string(),
  prefix: z.string(),
  digest: Digest,
  scopes: z.record(z.string(), z.unknown()),
  admin: z.boolean(),
  expires: Moment,
  revoked: Moment,
  created: Count,
  lastUsed: Moment,
});

const MemoryLine = z.strictObject({
  type: z.literal('memory'),
  user: Key,
  id: Key,
  kind: z.enum(['fact', 'preference', 'event', 'instruction', 'summary']),
  text: z.string(),
  language: Text,
  subject: z.string(),
  attribute: z.string(),
  value: z.string(),
  hash: Digest,
  state: z.enum(['active', 'quarantined']),
  pinned: z.boolean(),
  confidence: Share,
  importance: Share,
  validFrom: z.int(),
  validTo: Moment,
  recorded: Count,
  retracted: Moment,
  supersededBy: Text,
  expires: Moment,
  evidence: z.array(z.strictObject({ quote: z.string(), at: z.int(), conversation: Text, request: Text })),
  origin: z.enum(['said', 'extracted', 'expert', 'written', 'imported']),
  seen: Count,
  lastSeen: Count,
  uses: Count,
  lastUsed: Moment,
});

/** Follows its memory. `f32`: little-endian numbers of 32 bits, in base64. */
const MemoryVectorLine = z.strictObject({
  type: z.literal('memory-vector'),
  user: Key,
  memory: Key,
  model: Key,
  f32: z.base64(),
});

const ConversationLine = z.strictObject({
  type: z.literal('conversation'),
  user: Key,
  id: Key,
  title: z.string(),
  created: Count,
  updated: Count,
  private: z.boolean(),
  summarized: Count,
});

/** Follows its conversation. */
const TurnLine = z.strictObject({
  type: z.literal('turn'),
  ord: Count.max(100_000_000),
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  at: Count,
  request: Text,
  expert: Text,
});

const FeedbackLine = z.strictObject({
  type: z.literal('feedback'),
  user: Key,
  id: Key,
  request: z.string(),
  rating: z.enum(['up', 'down']),
  comment: Text,
  ideal: Text,
  at: Count,
  expert: z.string(),
  route: z.string(),
  messages: z.array(z.strictObject({ role: z.string(), content: z.string() })),
  answer: z.string(),
});

/** What a backup has of people. Logins are not in it: who was logged in logs in again. */
export const PEOPLE_LINES = [
  AccountLine,
  KeyLine,
  MemoryLine,
  MemoryVectorLine,
  ConversationLine,
  TurnLine,
  FeedbackLine,
] as const;

export type PeopleLine = z.infer<(typeof PEOPLE_LINES)[number]>;

const TYPES: ReadonlySet<string> = new Set(PEOPLE_LINES.map(({ shape }) => shape.type.value));

export function isPeopleLine(line: { readonly type: string }): line is PeopleLine {
  return TYPES.has(line.type);
}

import { z } from 'zod';

import { AppError } from '../shared/errors.ts';
import { isKey } from './ids.ts';
import { PEOPLE_LINES } from './people/backup-lines.ts';

/** Of the lines; a program reads those of its own version and older. 1: documents. 2: people too. */
export const BACKUP_VERSION = 2;

const Key = z.string().refine(isKey, 'not a key');
const Count = z.int().min(0);
const Text = z.string().nullable();

/** The first line. `user` is whose it is; null: everybody's. */
const Header = z.strictObject({
  orchestrator: z.literal('knowledge'),
  version: z.int().min(1),
  created: z.string(),
  user: Key.nullable(),
});

const CollectionLine = z.strictObject({
  type: z.literal('collection'),
  user: Key,
  id: Key,
  name: z.string().min(1).max(256),
  created: Count,
  metadata: z.record(z.string(), z.string()),
});

const DocumentLine = z.strictObject({
  type: z.literal('document'),
  user: Key,
  id: Key,
  title: z.string(),
  uri: Text,
  mime: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: Count,
  language: Text,
  origin: z.enum(['text', 'file', 'url', 'learned', 'conversation']),
  state: z.enum(['queued', 'quarantined', 'ready', 'failed']),
  error: Text,
  collections: z.array(Key),
  /** One more than the highest `ord` of its passages. */
  extent: Count.max(100_000_000),
  characters: Count,
  created: Count,
  updated: Count,
  fetched: Count.nullable(),
  attribution: Text,
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** Follows its document. */
const ChunkLine = z.strictObject({
  type: z.literal('chunk'),
  ord: Count,
  text: z.string(),
  start: Count,
  end: Count,
  page: z.int().nullable(),
  headings: z.array(z.string()).readonly(),
});

/** Follows its document. `f32`: little-endian numbers of 32 bits, in base64. */
const VectorLine = z.strictObject({ type: z.literal('vector'), ord: Count, model: Key, f32: z.base64() });

/** The last line: a backup without it was cut off. */
const EndLine = z.strictObject({
  type: z.literal('end'),
  records: Count,
  /** How many of each type; from version 2 on. */
  parts: z.record(z.string(), Count).optional(),
});

const Line = z.discriminatedUnion('type', [
  CollectionLine,
  DocumentLine,
  ChunkLine,
  VectorLine,
  ...PEOPLE_LINES,
  EndLine,
]);

export type BackupHeader = z.infer<typeof Header>;
export type BackupLine = z.infer<typeof Line>;
export type DocumentRecord = z.infer<typeof DocumentLine>;

/** @throws AppError `invalid_request` for anything but the beginning of a backup that this program can read. */
export function readHeader(line: string | undefined): BackupHeader {
  const { success, data } = Header.safeParse(line === undefined ? undefined : parse(line, 1));
  if (!success) {
    throw new AppError('invalid_request', 'This is no backup of a store: its first line does not say so.');
  }
  if (data.version <= BACKUP_VERSION) return data;
  throw new AppError(
    'invalid_request',
    `The backup is of version ${data.version}, this program reads ${BACKUP_VERSION}. Upgrade the orchestrator first.`,
  );
}

/** @throws AppError `invalid_request` with the number of the line. */
export function readLine(line: string, number: number): BackupLine {
  const { success, data, error } = Line.safeParse(parse(line, number));
  if (success) return data;
  const [issue] = error.issues;
  throw new AppError(
    'invalid_request',
    `Line ${number} of the backup: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is no record'}.`,
  );
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new AppError('invalid_request', `Line ${number} of the backup is no JSON.`);
  }
}

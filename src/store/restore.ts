import { AppError } from '../shared/errors.ts';
import { type BackupLine, type DocumentRecord, readHeader, readLine } from './backup-lines.ts';
import type { Database } from './connection.ts';
import type { User } from './contract.ts';
import type { NearestIndex } from './nearest.ts';
import { isPeopleLine } from './people/backup-lines.ts';
import { RestoringPeople } from './people/restore.ts';
import { sweep } from './removal.ts';
import { checkVector, floatsOf } from './vectors.ts';

/** Of one transaction; a server also puts vectors into its index, which takes milliseconds for each. */
const ROWS_AT_ONCE = 500;
const INDEXED_ROWS = 100;
const CHARACTERS_AT_ONCE = 4 << 20;

type CollectionRecord = Extract<BackupLine, { type: 'collection' }>;
type Part = Extract<BackupLine, { type: 'chunk' | 'vector' }>;

export interface Restored {
  readonly added: number;
  readonly kept: number;
  /** What was added, by the type of its line. */
  readonly parts: Readonly<Record<string, number>>;
}

/**
 * Reads a backup into what is there. A document is added as a whole or not at all: until its last part is written, it is noted for
 * removal, and whoever looks next after a crash removes it. One that is there already, or with the same bytes, stays as it is.
 * @throws AppError `invalid_request` for a line that is none of a backup, and where the end is missing; what came before has been added.
 */
export async function restore(
  database: Database,
  lines: AsyncIterable<string>,
  index?: NearestIndex,
): Promise<Restored> {
  const restoring = new Restoring(database, index);
  let number = 0;
  let ended = false;
  try {
    for await (const line of lines) {
      number += 1;
      if (number === 1) readHeader(line);
      else if (ended) throw new AppError('invalid_request', `Line ${number} of the backup comes after its end.`);
      else {
        const record = readLine(line, number);
        ended = record.type === 'end';
        await restoring.take(record, number);
      }
    }
    if (number === 0) readHeader(undefined);
    if (!ended) {
      throw new AppError('invalid_request', `The backup was cut off after line ${number}; what is whole was added.`);
    }
    return { added: restoring.added, kept: restoring.kept, parts: restoring.parts };
  } catch (error) {
    await restoring.abandon().catch(() => undefined);
    throw error;
  }
}

class Restoring {
  added = 0;
  kept = 0;
  readonly parts: Record<string, number> = {};
  readonly #database: Database;
  readonly #index: NearestIndex | undefined;
  readonly #people: RestoringPeople;
  /** Collections that have another id here, by user and id. */
  readonly #renamed = new Map<string, string>();
  #document: { readonly record: DocumentRecord; readonly models: Set<string>; readonly fresh: boolean } | undefined;
  #parts: Part[] = [];
  #characters = 0;

  constructor(database: Database, index: NearestIndex | undefined) {
    this.#database = database;
    this.#index = index;
    this.#people = new RestoringPeople(database, (type, added, kept) => this.#count(type, added, kept));
  }

  async take(record: BackupLine, number: number): Promise<void> {
    if (record.type !== 'chunk' && record.type !== 'vector') await this.#finish();
    if (isPeopleLine(record)) return this.#people.take(record, number);
    await this.#people.finish();
    switch (record.type) {
      case 'collection':
        return this.#takeCollection(record);
      case 'document':
        return this.#takeDocument(record);
      case 'chunk':
      case 'vector':
        return this.#takePart(record, number);
      case 'end':
        return;
    }
  }

  async abandon(): Promise<void> {
    await this.#people.abandon();
    const document = this.#document;
    this.#document = undefined;
    if (document?.fresh === true) await sweep(this.#database, document.record.user, document.record.id);
  }

  async #takeCollection({ user, id, name, created, metadata }: CollectionRecord): Promise<void> {
    const there = await this.#database.run<string | undefined>(
      `{
        LET $found = (SELECT VALUE id FROM collection WHERE owner = $user AND name = $name)[0];
        IF $found != NONE { RETURN record::id($found)[1] };
        IF record::exists(collection:[$user, $id]) { RETURN $id };
        CREATE collection:[$user, $id]
          SET owner = $user, name = $name, created = $created, metadata = $metadata RETURN NONE;
      }`,
      { user, id, name, created, metadata },
    );
    this.#countOne('collection', typeof there !== 'string');
    if (typeof there === 'string' && there !== id) this.#renamed.set(`${user}\n${id}`, there);
  }

  async #takeDocument(record: DocumentRecord): Promise<void> {
    const { type: _type, user, id, collections, state: _state, error: _error, extent, ...values } = record;
    const fresh = await this.#database.run<boolean>(
      `{
        IF record::exists(document:[$user, $id]) OR record::exists(removal:[$user, $id]) { RETURN false };
        IF array::len(SELECT VALUE id FROM document WHERE owner = $user AND sha256 = $values.sha256) > 0 { RETURN false };
        CREATE removal:[$user, $id] SET whole = true, extent = $extent RETURN NONE;
        CREATE document:[$user, $id] CONTENT object::extend($values, {
          owner: $user, chunks: 0, extent: 0, state: 'failed', error: 'it is just being restored',
          collections: $collections.filter(|$each| record::exists(type::record('collection', [$user, $each])))
        }) RETURN NONE;
        RETURN true;
      }`,
      {
        user,
        id,
        extent,
        values: Object.fromEntries(Object.entries(values).filter(([key]) => key !== 'id')),
        collections: collections.map((each) => this.#renamed.get(`${user}\n${each}`) ?? each),
      },
    );
    this.#countOne('document', fresh);
    this.#document = { record, models: new Set(), fresh };
  }

  async #takePart(part: Part, number: number): Promise<void> {
    const document = this.#document;
    if (!document || part.ord >= document.record.extent) {
      throw new AppError('invalid_request', `Line ${number} of the backup belongs to no document.`);
    }
    this.#countOne(part.type, document.fresh);
    if (!document.fresh) return;
    if (part.type === 'vector') document.models.add(part.model);
    this.#parts.push(part);
    this.#characters += part.type === 'chunk' ? part.text.length : part.f32.length;
    const most = this.#index ? INDEXED_ROWS : ROWS_AT_ONCE;
    if (this.#parts.length >= most || this.#characters >= CHARACTERS_AT_ONCE) await this.#write();
  }

  async #write(): Promise<void> {
    const { user, id } = this.#document?.record ?? {};
    const parts = this.#parts;
    this.#parts = [];
    this.#characters = 0;
    if (user === undefined || id === undefined || parts.length === 0) return;
    const chunks = parts.flatMap((part) => (part.type === 'chunk' ? [chunkRow(user, id, part)] : []));
    const vectors = await Promise.all(
      parts.flatMap((part) => (part.type === 'vector' ? [this.#vectorRow(user, id, part)] : [])),
    );
    await this.#database.run(
      `{
        IF !record::exists(removal:[$user, $id]) { THROW 'the restored document went away' };
        INSERT IGNORE INTO chunk $chunks RETURN NONE;
        INSERT IGNORE INTO vector $vectors RETURN NONE;
      }`,
      { user, id, chunks, vectors },
    );
  }

  async #vectorRow(user: User, document: string, { ord, model, f32 }: Extract<Part, { type: 'vector' }>) {
    const bytes = Uint8Array.from(Buffer.from(f32, 'base64'));
    const vector = floatsOf(bytes);
    checkVector({ document, ord, vector });
    await this.#index?.ensure(vector.length);
    return { id: [user, document, ord, model], f32: bytes, ...this.#index?.fieldsOf(vector) };
  }

  /** From here on the document counts as whole. */
  async #finish(): Promise<void> {
    await this.#write();
    const document = this.#document;
    if (document?.fresh === true) {
      const { user, id, state, error, extent } = document.record;
      await this.#database.run(
        `{
          IF !record::exists(removal:[$user, $id]) { THROW 'the restored document went away' };
          LET $chunks = count(SELECT VALUE id FROM chunk:[$user, $id]..[$user, $id, []]);
          FOR $model IN $models {
            LET $vectors = count(SELECT VALUE id FROM vector:[$user, $id]..[$user, $id, []] WHERE id[3] = $model);
            UPSERT type::record('coverage', [$user, $id, $model]) SET vectors = $vectors RETURN NONE;
          };
          UPDATE document:[$user, $id] SET chunks = $chunks, extent = $extent, state = $state, error = $error RETURN NONE;
          DELETE removal:[$user, $id] RETURN NONE;
        }`,
        { user, id, state, error, extent, models: [...document.models] },
      );
    }
    this.#document = undefined;
  }

  #countOne(type: string, added: boolean): void {
    this.#count(type, Number(added), Number(!added));
  }

  #count(type: string, added: number, kept: number): void {
    this.added += added;
    this.kept += kept;
    if (added > 0) this.parts[type] = (this.parts[type] ?? 0) + added;
  }
}

function chunkRow(user: User, document: string, chunk: Extract<Part, { type: 'chunk' }>) {
  const { ord, text, start, end, page, headings } = chunk;
  return { id: [user, document, ord], text, begins: start, ends: end, page, headings };
}

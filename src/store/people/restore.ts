import { AppError } from '../../shared/errors.ts';
import type { Database } from '../connection.ts';
import type { User } from '../contract.ts';
import { checkUnit, floatsOf } from '../vectors.ts';
import type { PeopleLine } from './backup-lines.ts';
import { eraseNoted } from './erasure.ts';
import { rowOf } from './memories.ts';
import { searchable } from './words.ts';

/** Of one transaction. */
const ROWS_AT_ONCE = 250;
const CHARACTERS_AT_ONCE = 4 << 20;

type Line<Type extends PeopleLine['type']> = Extract<PeopleLine, { type: Type }>;
type Batched = Exclude<PeopleLine['type'], 'conversation' | 'turn'>;
/** Told of each record whether it was added. */
type Count = (type: PeopleLine['type'], added: number, kept: number) => void;

/**
 * Records of people out of a backup, in batches. A conversation is added as a whole or not at all: until its last turn is written it is
 * noted for erasure, and whoever looks next after a crash erases it. What is there already stays as it is.
 */
export class RestoringPeople {
  readonly #database: Database;
  readonly #count: Count;
  #batch: { readonly type: Batched; readonly lines: PeopleLine[]; characters: number } | undefined;
  #conversation: { readonly line: Line<'conversation'>; readonly fresh: boolean; last: number } | undefined;
  #turns: Line<'turn'>[] = [];
  #characters = 0;

  constructor(database: Database, count: Count) {
    this.#database = database;
    this.#count = count;
  }

  async take(line: PeopleLine, number: number): Promise<void> {
    if (line.type === 'turn') return this.#takeTurn(line, number);
    if (line.type === 'conversation') {
      await this.finish();
      return this.#takeConversation(line);
    }
    if (this.#conversation || (this.#batch && this.#batch.type !== line.type)) await this.finish();
    const batch = (this.#batch ??= { type: line.type, lines: [], characters: 0 });
    batch.lines.push(line);
    batch.characters += JSON.stringify(line).length;
    if (batch.lines.length >= ROWS_AT_ONCE || batch.characters >= CHARACTERS_AT_ONCE) await this.#writeBatch();
  }

  /** Writes what is held; from here on a conversation counts as whole. */
  async finish(): Promise<void> {
    await this.#writeBatch();
    await this.#writeTurns();
    const conversation = this.#conversation;
    this.#conversation = undefined;
    if (conversation?.fresh !== true) return;
    const { type: _type, user, id, ...values } = conversation.line;
    await this.#database.run(
      `{
        IF !record::exists(erasure:[$user, 'conversation', $id]) { THROW 'the restored conversation went away' };
        UPSERT presence:[$user, 'conversation'] SET last = $values.updated RETURN NONE;
        DELETE erasure:[$user, 'conversation', $id] RETURN NONE;
        CREATE conversation:[$user, $id] CONTENT $values RETURN NONE;
      }`,
      { user, id, values: { ...values, turns: conversation.last + 1 } },
    );
  }

  /** Where the backup ends early: what is whole stays. */
  async abandon(): Promise<void> {
    await this.#writeBatch();
    const conversation = this.#conversation;
    this.#conversation = undefined;
    if (conversation?.fresh !== true) return;
    await eraseNoted(this.#database, conversation.line.user, 'conversation', conversation.line.id);
  }

  async #takeConversation(line: Line<'conversation'>): Promise<void> {
    const { user, id } = line;
    await eraseNoted(this.#database, user, 'conversation', id);
    const fresh = await this.#database.run<boolean>(
      `{
        IF record::exists(conversation:[$user, $id]) { RETURN false };
        CREATE erasure:[$user, 'conversation', $id] RETURN NONE;
        RETURN true;
      }`,
      { user, id },
    );
    this.#count('conversation', Number(fresh), Number(!fresh));
    this.#conversation = { line, fresh, last: -1 };
  }

  async #takeTurn(line: Line<'turn'>, number: number): Promise<void> {
    const conversation = this.#conversation;
    if (!conversation || line.ord !== conversation.last + 1) {
      throw new AppError('invalid_request', `Line ${number} of the backup belongs to no conversation.`);
    }
    conversation.last = line.ord;
    this.#count('turn', Number(conversation.fresh), Number(!conversation.fresh));
    if (!conversation.fresh) return;
    this.#turns.push(line);
    this.#characters += line.text.length;
    if (this.#turns.length >= ROWS_AT_ONCE || this.#characters >= CHARACTERS_AT_ONCE) await this.#writeTurns();
  }

  async #writeTurns(): Promise<void> {
    const turns = this.#turns;
    this.#turns = [];
    this.#characters = 0;
    const { user, id } = this.#conversation?.line ?? {};
    if (turns.length === 0 || user === undefined || id === undefined) return;
    const rows = turns.map(({ type: _type, ord, ...turn }) => ({
      ...turn,
      id: [user, id, ord],
      words: searchable(turn.text),
    }));
    await this.#database.run(
      `{
        IF !record::exists(erasure:[$user, 'conversation', $id]) { THROW 'the restored conversation went away' };
        INSERT INTO turn $rows RETURN NONE;
      }`,
      { user, id, rows },
    );
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    const rows = batch.lines.map(recordOf);
    const users = [...new Set(batch.lines.flatMap((line) => ('user' in line ? [line.user] : [])))];
    const added = await this.#database.run<number>(WRITE[batch.type], { rows, users });
    this.#count(batch.type, added, rows.length - added);
  }
}

function recordOf(line: PeopleLine): { readonly id: readonly string[] } {
  switch (line.type) {
    case 'account': {
      const { type: _type, user, ...values } = line;
      return { id: [user], ...values };
    }
    case 'key': {
      const { type: _type, user, id, ...values } = line;
      return { ...values, id: [user, id], owner: user } as { id: [User, string] };
    }
    case 'memory':
      return rowOf(line.user, line);
    case 'memory-vector': {
      const bytes = Uint8Array.from(Buffer.from(line.f32, 'base64'));
      checkUnit(floatsOf(bytes), `the memory ${line.memory}`);
      return { id: [line.user, line.memory, line.model], f32: bytes } as { id: [User, string, string] };
    }
    case 'feedback': {
      const { type: _type, user, id, ...values } = line;
      return { ...values, id: [user, id], owner: user } as { id: [User, string] };
    }
    case 'conversation':
    case 'turn':
      throw new TypeError(`${line.type} is not written in batches`);
  }
}

/** Each answers how many were added. The `INSERT` is last: after one, engine 3.0 sees no later `LET`. */
const WRITE: Readonly<Record<Batched, string>> = {
  account: `{
    LET $new = $rows.filter(|$row| !record::exists(type::record('account', $row.id)));
    LET $added = array::len($new);
    INSERT IGNORE INTO account $new RETURN NONE;
    RETURN $added;
  }`,
  key: `{
    LET $new = $rows.filter(|$row| !record::exists(type::record('api_key', $row.id))
      AND array::len(SELECT VALUE id FROM api_key WHERE digest = $row.digest) = 0);
    LET $added = array::len($new);
    INSERT IGNORE INTO api_key $new RETURN NONE;
    RETURN $added;
  }`,
  memory: `{
    LET $new = $rows.filter(|$row| !record::exists(type::record('memory', $row.id))
      AND array::len(SELECT VALUE id FROM memory WHERE owner = $row.owner AND hash = $row.hash) = 0);
    LET $added = array::len($new);
    FOR $user IN $users { UPSERT presence:[$user, 'memory'] SET last = 0 RETURN NONE };
    INSERT IGNORE INTO memory $new RETURN NONE;
    RETURN $added;
  }`,
  // What is there under another id, or counts no longer, gets no vector.
  'memory-vector': `{
    LET $new = $rows.filter(|$row| !record::exists(type::record('memory_vector', $row.id))
      AND (SELECT VALUE retracted FROM type::record('memory', [$row.id[0], $row.id[1]])) = [NULL]);
    LET $added = array::len($new);
    INSERT IGNORE INTO memory_vector $new RETURN NONE;
    RETURN $added;
  }`,
  feedback: `{
    LET $new = $rows.filter(|$row| !record::exists(type::record('feedback', $row.id))
      AND array::len(SELECT VALUE id FROM feedback WHERE owner = $row.owner AND request = $row.request) = 0);
    LET $added = array::len($new);
    FOR $user IN $users { UPSERT presence:[$user, 'feedback'] SET last = 0 RETURN NONE };
    INSERT IGNORE INTO feedback $new RETURN NONE;
    RETURN $added;
  }`,
};

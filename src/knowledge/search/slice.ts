import { grown } from './column.ts';
import { Lexical, type Participants } from './lexical.ts';
import { MOST_ROWS } from './postings.ts';
import type { Change, DocumentFacts, IndexedChunk, PackedVectors, SliceSize } from './protocol.ts';
import { SKETCH_LENGTH, type Sketch, sketchOf } from './sketch.ts';
import { Vectors } from './vectors.ts';
import { wordsOf } from './words.ts';

/** What is gone is let go of when it is so large a part of all. */
const GONE_SHARE = 0.25;
const LEAST_GONE = 1_000;
/** Of a document's entries beside its passages, roughly. */
const DOCUMENT_BYTES = 400;
/** Owner, number, figures and sketch, and its place in its document. */
const ROW_BYTES = 3 * 4 + 2 * SKETCH_LENGTH + 40;

export interface IndexedDocument {
  readonly id: string;
  /** Undefined until it is told: its passages are not searched before. */
  facts: DocumentFacts | undefined;
  /** By `ord`. */
  readonly rows: Map<number, number>;
}

/** One user's passages: their words, vectors and documents. A row is a passage; rows of documents that are gone belong to nobody. */
export class Slice {
  readonly lexical = new Lexical();
  vectors = new Vectors();
  /** By number; 0 is nobody. */
  readonly #documents: (IndexedDocument | undefined)[] = [undefined];
  readonly #numbers = new Map<string, number>();
  /** Document of each row. */
  #owners = new Uint32Array(0);
  #ords = new Uint32Array(0);
  #shingles = new Uint16Array(0);
  #figures = new Uint32Array(0);
  #rows = 0;
  #gone = 0;
  /** Documents that were begun anew while the store is being read, of whose passages its answers may be out of date. */
  #renewed: Set<string> | undefined = new Set();
  /** Those that were taken away meanwhile. */
  #removed: Set<string> | undefined = new Set();

  apply(change: Change): void {
    switch (change.kind) {
      case 'document':
        return this.#setDocument(change.id, change.facts, change.fill ?? false);
      case 'chunks':
        return this.#addChunks(change.id, change.chunks, change.fill ?? false);
      case 'vectors':
        return this.#setVectors(change.id, change, change.fill ?? false);
      case 'clear':
        return this.#clear(change.id);
      case 'remove':
        return this.#remove(change.id);
      case 'filled':
        this.#renewed = this.#removed = undefined;
    }
  }

  size(): SliceSize {
    const bytes =
      this.lexical.bytes +
      this.vectors.bytes +
      ROW_BYTES * this.#owners.length +
      DOCUMENT_BYTES * this.#numbers.size +
      8 * this.#documents.length;
    const chunks = this.#rows - this.#gone;
    return { bytes, documents: this.#numbers.size, chunks, vectors: this.vectors.count };
  }

  /** Those of whose documents `accepts` says yes. */
  participants(accepts: (document: IndexedDocument, facts: DocumentFacts) => boolean): Participants {
    const takesPart = new Uint8Array(this.#documents.length);
    for (const [number, document] of this.#documents.entries())
      if (document?.facts && accepts(document, document.facts)) takesPart[number] = 1;
    return { groups: this.#owners, takesPart };
  }

  rowOf(document: string, ord: number): number | undefined {
    return this.#document(document)?.rows.get(ord);
  }

  documentOf(row: number): IndexedDocument | undefined {
    return this.#documents[this.#owners[row] ?? 0];
  }

  ordOf(row: number): number {
    return this.#ords[row] ?? 0;
  }

  sketchOf(row: number): Sketch {
    const start = row * SKETCH_LENGTH;
    return { shingles: this.#shingles.subarray(start, start + SKETCH_LENGTH), figures: this.#figures[row] ?? 0 };
  }

  #setDocument(id: string, facts: DocumentFacts, fill: boolean): void {
    if (fill && (this.#document(id)?.facts || this.#removed?.has(id))) return;
    const document = this.#ensure(id);
    const before = new Set(wordsOf(document.facts?.title ?? ''));
    document.facts = facts;
    // Words of the old title are let go of when the slice is read again.
    const added = wordsOf(facts.title).filter((word) => !before.has(word));
    if (added.length > 0) for (const row of document.rows.values()) this.lexical.extend(row, added);
  }

  #addChunks(id: string, chunks: readonly IndexedChunk[], fill: boolean): void {
    if (fill && this.#renewed?.has(id)) return;
    const document = this.#ensure(id);
    const title = wordsOf(document.facts?.title ?? '');
    for (const { ord, text, headings } of chunks) {
      const before = document.rows.get(ord);
      if (before !== undefined && fill) continue;
      if (before !== undefined) this.#drop(before);
      const row = this.#newRow(this.#numbers.get(id) ?? 0, ord);
      document.rows.set(ord, row);
      const words = wordsOf(text);
      this.lexical.add(row, [...title, ...wordsOf(headings.join('\n')), ...words]);
      const { shingles, figures } = sketchOf(words);
      this.#shingles.set(shingles, row * SKETCH_LENGTH);
      this.#figures[row] = figures;
    }
    this.#tidy();
  }

  #setVectors(id: string, { ords, packed }: PackedVectors, fill: boolean): void {
    const dimensions = packed.length / Math.max(1, ords.length);
    for (const [index, ord] of ords.entries()) {
      // One that is not there yet is read from the store with its passage, before the vectors.
      const row = this.rowOf(id, ord);
      if (row === undefined || (fill && (this.vectors.has(row) || this.#renewed?.has(id)))) continue;
      this.vectors.set(row, packed.subarray(index * dimensions, (index + 1) * dimensions));
    }
  }

  #clear(id: string): void {
    this.#renewed?.add(id);
    const document = this.#document(id);
    for (const row of document?.rows.values() ?? []) this.#drop(row);
    document?.rows.clear();
    this.#tidy();
  }

  #remove(id: string): void {
    this.#clear(id);
    this.#removed?.add(id);
    const number = this.#numbers.get(id);
    if (number === undefined) return;
    this.#documents[number] = undefined;
    this.#numbers.delete(id);
  }

  #document(id: string): IndexedDocument | undefined {
    return this.#documents[this.#numbers.get(id) ?? 0];
  }

  #ensure(id: string): IndexedDocument {
    const known = this.#document(id);
    if (known) return known;
    const document: IndexedDocument = { id, facts: undefined, rows: new Map() };
    this.#numbers.set(id, this.#documents.length);
    this.#documents.push(document);
    return document;
  }

  #newRow(owner: number, ord: number): number {
    const row = this.#rows;
    if (row >= MOST_ROWS) throw new Error(`a slice holds ${MOST_ROWS} passages at most`);
    this.#rows += 1;
    this.#owners = grown(this.#owners, this.#rows);
    this.#ords = grown(this.#ords, this.#rows);
    this.#figures = grown(this.#figures, this.#rows);
    this.#shingles = grown(this.#shingles, this.#rows * SKETCH_LENGTH);
    this.#owners[row] = owner;
    this.#ords[row] = ord;
    return row;
  }

  #drop(row: number): void {
    this.#owners[row] = 0;
    this.#gone += 1;
    this.lexical.remove(row);
    this.vectors.clear(row);
  }

  /** Moves what is left together. */
  #tidy(): void {
    if (this.#gone < LEAST_GONE || this.#gone < GONE_SHARE * this.#rows) return;
    const moved = new Uint32Array(this.#rows);
    const vectors = new Vectors();
    let next = 0;
    for (let row = 0; row < this.#rows; row += 1) {
      if (this.#owners[row] === 0) continue;
      moved[row] = next;
      const vector = this.vectors.get(row);
      if (vector) vectors.set(next, vector);
      next += 1;
    }
    this.lexical.compact((row) => (this.#owners[row] ? moved[row] : undefined));
    for (let row = 0; row < this.#rows; row += 1) {
      const owner = this.#owners[row] ?? 0;
      if (owner === 0) continue;
      const to = moved[row] ?? 0;
      this.#owners[row] = 0;
      this.#owners[to] = owner;
      this.#ords[to] = this.#ords[row] ?? 0;
      this.#figures[to] = this.#figures[row] ?? 0;
      this.#shingles.copyWithin(to * SKETCH_LENGTH, row * SKETCH_LENGTH, (row + 1) * SKETCH_LENGTH);
      this.#documents[owner]?.rows.set(this.#ords[to] ?? 0, to);
    }
    this.vectors = vectors;
    this.#rows = next;
    this.#gone = 0;
  }
}

/** Passages and questions of known answers: our own, or a file in SQuAD's format. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { packageRoot } from '../../src/shared/package-root.ts';

export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly passages: readonly string[];
}

export interface CorpusQuestion {
  readonly question: string;
  /** What makes it hard; in SQuAD's format all are of one kind. */
  readonly kind: string;
  /** The passage that answers; null: none does. */
  readonly document: string | null;
  readonly passage: number | null;
}

export interface Corpus {
  readonly name: string;
  readonly documents: readonly CorpusDocument[];
  readonly questions: readonly CorpusQuestion[];
}

const FOLDER = join(packageRoot(), 'data', 'knowledge');

export function ownCorpus(): Corpus {
  return { name: 'own', documents: readLines('documents.jsonl'), questions: readLines('questions.jsonl') };
}

/** The corpus is all of its paragraphs, questions that nothing answers (SQuAD 2.0) included. */
export function squadCorpus(file: string): Corpus {
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: readonly SquadArticle[] };
  const documents: CorpusDocument[] = [];
  const questions: CorpusQuestion[] = [];
  for (const [index, { title, paragraphs }] of data.entries()) {
    const id = `squad-${index}`;
    documents.push({ id, title: title ?? id, passages: paragraphs.map(({ context }) => context) });
    for (const [passage, { qas }] of paragraphs.entries()) {
      for (const { question, is_impossible: impossible } of qas) {
        const where = impossible ? { document: null, passage: null } : { document: id, passage };
        questions.push({ question, kind: impossible ? 'none' : 'squad', ...where });
      }
    }
  }
  return { name: basename(file), documents, questions };
}

interface SquadArticle {
  readonly title?: string;
  readonly paragraphs: readonly {
    readonly context: string;
    readonly qas: readonly { readonly question: string; readonly is_impossible?: boolean }[];
  }[];
}

function readLines<T>(name: string): T[] {
  const lines = readFileSync(join(FOLDER, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

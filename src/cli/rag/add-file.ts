import type { Command } from 'commander';

import type { AddedJson, DocumentJson } from '../../server/knowledge/views.ts';
import { delay } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import { Limiter } from '../../shared/limiter.ts';
import { formatBytes } from '../../shared/units.ts';
import { plainLine } from '../plain.ts';
import { showProgress } from '../progress.ts';
import {
  collect,
  documentPath,
  type Documents,
  openDocuments,
  print,
  ragCommand,
  type RagOptions,
} from './connection.ts';
import { findFiles, type FoundFile, type FoundFiles } from './find-files.ts';
import { counted } from './show.ts';
import { uploadFile } from './upload-file.ts';

interface Options extends RagOptions {
  readonly collection?: readonly string[];
  readonly wait: boolean;
}

/** What became of one file. */
interface Outcome {
  readonly path: string;
  readonly bytes: number;
  readonly document: AddedJson | null;
  /** Null where it is there. */
  readonly failure: string | null;
}

/** Uploads at a time: reading the next from the disk while the server writes the one before. As many are looked at whether they are read. */
const AT_ONCE = 4;
const POLL_MS = 150;

export function addFileCommand(): Command {
  return ragCommand(
    'add-file',
    'Adds files: text, Markdown, HTML, PDF, Word (docx), CSV, JSON, source code. Folders are searched, without node_modules and ' +
      'what is hidden or binary; links that lead out of them are not followed. Ends with 1 where one failed.',
  )
    .argument('<path...>', 'files, folders, or globs in quotes')
    .option('-c, --collection <name>', 'the collection they belong to (repeatable; default: default)', collect)
    .option('--no-wait', 'leave when they are safely queued, before they are read')
    .addHelpText(
      'after',
      `
Examples:
  orchestrator rag add-file contract.pdf
  orchestrator rag add-file ~/notes 'src/**/*.ts' --collection work
  orchestrator rag add-file handbook/ --user ana --json`,
    )
    .action(async (named: string[], options: Options) => {
      const documents = await openDocuments(options);
      const found = await findFiles(named);
      const outcomes = await addAll(documents, found.files, options);
      const failed = outcomes.filter(({ failure }) => failure !== null);
      print(options, { files: outcomes, skipped: found.skipped }, () => summary(outcomes, found));
      if (failed.length > 0) process.exitCode = 1;
    });
}

async function addAll(documents: Documents, files: readonly FoundFile[], options: Options): Promise<Outcome[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const label = counted(files.length, 'file');
  const progress = showProgress(label);
  let done = 0;
  /** A file has come half the way when it is sent, and the other half when it is read. */
  const advance = (bytes: number) => {
    done += bytes;
    progress.update({ stage: 'reading', bytesDone: Math.floor(done), bytesTotal: total });
  };
  const [uploads, looks] = [new Limiter(AT_ONCE), new Limiter(AT_ONCE)];
  const one = async (file: FoundFile): Promise<Outcome> => {
    const { path, bytes } = file;
    let sent = 0;
    const onSent = (more: number) => {
      sent += more;
      advance(more / 2);
    };
    try {
      const added = await uploads.run(() => uploadFile(documents, file, { collections: options.collection, onSent }));
      // While one is being read the next are sent.
      const read = options.wait ? await looks.run(() => untilRead(documents, added)) : added;
      const failure = read.state === 'failed' ? (read.error ?? 'it could not be read') : null;
      return { path, bytes, document: { ...read, existed: added.existed }, failure };
    } catch (error) {
      return { path, bytes, document: null, failure: messageOf(error) };
    } finally {
      advance(bytes - sent / 2);
    }
  };
  if (files.length > 0) advance(0);
  try {
    return await Promise.all(files.map(one));
  } finally {
    progress.finish();
  }
}

async function untilRead(documents: Documents, added: DocumentJson): Promise<DocumentJson> {
  let document = added;
  while (document.state === 'queued') {
    await delay(POLL_MS);
    document = await documents.json<DocumentJson>(documentPath(added.id));
  }
  return document;
}

function summary(outcomes: readonly Outcome[], { skipped }: FoundFiles): string[] {
  const there = outcomes.flatMap(({ document, failure }) => (document && failure === null ? [document] : []));
  const existed = there.filter((document) => document.existed);
  const queued = there.filter(({ state, existed: was }) => state === 'queued' && !was);
  const failed = outcomes.filter(({ failure }) => failure !== null);
  const added = there.length - existed.length - queued.length;
  const bytes = outcomes.reduce((sum, one) => sum + (one.failure === null ? one.bytes : 0), 0);
  const counts = [
    `${added} added`,
    ...(queued.length > 0 ? [`${queued.length} queued`] : []),
    ...(existed.length > 0 ? [`${existed.length} already there`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(skipped.length > 0 ? [`${skipped.length} passed over (${reasons(skipped)})`] : []),
  ];
  return [
    `${counts.join(', ')}; ${formatBytes(bytes)}`,
    ...failed.map(({ path, failure }) => `failed: ${plainLine(path)}: ${plainLine(failure ?? '')}`),
    ...outcomes.flatMap(({ path, document, failure }) =>
      failure === null && document?.error ? [`note: ${plainLine(path)}: ${plainLine(document.error)}`] : [],
    ),
  ];
}

/** `12 binary, 1 empty`. */
function reasons(skipped: FoundFiles['skipped']): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
}

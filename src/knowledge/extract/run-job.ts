import { closeSync, openSync, writeSync } from 'node:fs';

import { sanitise, sanitiseTitle } from '../web/sanitise.ts';
import { isBlank } from './characters.ts';
import { chunkText } from './chunk.ts';
import type { DocumentText } from './document-text.ts';
import { Unreadable } from './extract-error.ts';
import type { Job, JobSummary } from './job.ts';
import { givenKind } from './kinds.ts';
import { documentLanguage } from './language.ts';
import { readBytes } from './read-bytes.ts';
import { plainDocument } from './plain-document.ts';
import { readDocument } from './read-document.ts';

/** Written at a time, in characters. */
const BATCH = 256 << 10;

/** Reads a file and writes its passages. @throws Unreadable what is the file's fault. */
export async function runJob(job: Job, progress: (done: number) => void): Promise<JobSummary> {
  const bytes = readBytes(job.path, job.fileSize);
  const read = job.isText ? givenText(bytes, job.mime) : await readDocument(bytes, job, progress);
  const { suspicion, ...document } =
    job.maxCharacters === undefined ? { ...read, suspicion: null } : fromTheWeb(read, job.maxCharacters);
  writeChunks(document, job);
  const { text, structure, mime, title, warning } = document;
  return { title, mime, language: documentLanguage(text, structure), characters: text.length, warning, suspicion };
}

function fromTheWeb(read: DocumentText, maxCharacters: number): DocumentText & { readonly suspicion: string | null } {
  const { text, pages, suspicion, warning } = sanitise(read.text, { maxCharacters, pages: read.pages });
  if (isBlank(text)) throw new Unreadable('has no text that is meant for a reader.');
  return {
    ...read,
    text,
    pages: read.pages && pages,
    title: read.title === null ? null : sanitiseTitle(read.title, '') || null,
    warning: [read.warning, warning].filter((one) => one !== null).join(' ') || null,
    suspicion,
  };
}

function givenText(bytes: Buffer, mime: string | undefined): DocumentText {
  const text = bytes.toString('utf16le');
  if (isBlank(text)) throw new Unreadable('has no text in it: there is nothing to read.');
  const { structure, mime: type } = givenKind(mime);
  return plainDocument(text, structure, type);
}

function writeChunks({ text, structure, pages }: DocumentText, { chunkTokens, output }: Job): void {
  const file = openSync(output, 'wx', 0o600);
  try {
    let [lines, length]: [string[], number] = [[], 0];
    const flush = () => {
      const bytes = Buffer.from(lines.join(''), 'utf8');
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
      [lines, length] = [[], 0];
    };
    for (const chunk of chunkText(text, { tokens: chunkTokens, structure, pages })) {
      const line = `${JSON.stringify(chunk)}\n`;
      lines.push(line);
      length += line.length;
      if (length >= BATCH) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
}

import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';

import type { AddedJson } from '../../server/knowledge/views.ts';
import { CliError } from '../../shared/errors.ts';
import type { Documents } from './connection.ts';
import type { FoundFile } from './find-files.ts';

/** Sends one file as it is read. Rejects with the server's sentence, or why the file cannot be read. */
export async function uploadFile(
  documents: Documents,
  { path, name, bytes }: FoundFile,
  {
    collections,
    onSent,
  }: { readonly collections: readonly string[] | undefined; readonly onSent: (bytes: number) => void },
): Promise<AddedJson> {
  await using file = await open(path);
  const boundary = `orchestrator-${randomUUID()}`;
  const part = (disposition: string) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
  const named = (collections ?? []).map((collection) => `${part('name="collection"')}${collection}\r\n`);
  const head = Buffer.from(`${named.join('')}${part(`name="file"; filename="${headerText(name)}"`)}`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* body() {
    yield head;
    let left = bytes;
    const stream: AsyncIterable<Buffer> =
      bytes === 0 ? none() : file.createReadStream({ end: bytes - 1, autoClose: false });
    for await (const chunk of stream) {
      left -= chunk.length;
      yield chunk;
      onSent(chunk.length);
    }
    // The length was announced: the server would wait for the rest.
    if (left > 0) throw new CliError(`${path} became shorter while it was read.`);
    yield tail;
  }
  // Not before the file may be closed.
  return await documents.json<AddedJson>('/documents', {
    upload: {
      contentType: `multipart/form-data; boundary=${boundary}`,
      length: head.length + bytes + tail.length,
      bytes: body(),
    },
  });
}

async function* none(): AsyncGenerator<Buffer> {}

/** As browsers write names into that header; a backslash would be read as one of Windows' separators. */
function headerText(name: string): string {
  return name
    .replaceAll('\\', '_')
    .replaceAll('"', '%22')
    .replaceAll(/[\r\n]/g, ' ');
}

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';

import type { Chunk } from '../../store/contract.ts';

/** Bytes read at a time, which bounds how long anybody waits for the loop. */
const READ_AT_ONCE = 128 << 10;

/** The passages that a reader has written, in slices; the file goes with the last one, or when nobody wants more. */
export async function* readSlices(path: string): AsyncGenerator<readonly Chunk[]> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: READ_AT_ONCE });
  try {
    let rest = '';
    for await (const part of stream as AsyncIterable<string>) {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines.map((line) => JSON.parse(line) as Chunk);
    }
  } finally {
    stream.destroy();
    await rm(path, { force: true });
  }
}

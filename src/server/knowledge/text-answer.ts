import type { Context } from 'hono';

import type { ColdEnvironment } from '../cold-context.ts';

/** Somebody's text as it comes, which no browser may take for a page of ours. What fails before its first piece is an error yet. */
export async function textAnswer(
  context: Context<ColdEnvironment>,
  pieces: AsyncIterable<string>,
  type = 'text/plain; charset=utf-8',
): Promise<Response> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const stream = ReadableStream.from(goOn(first, iterator)).pipeThrough(new TextEncoderStream());
  return context.body(stream, 200, {
    'content-type': type,
    'content-disposition': 'attachment',
    'x-content-type-options': 'nosniff',
  });
}

async function* goOn(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let piece = first; !piece.done; piece = await rest.next()) yield piece.value;
  } finally {
    await rest.return?.();
  }
}

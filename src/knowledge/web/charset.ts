import { TextDecoder } from 'node:util';

const BYTE_ORDER_MARK = '\u{FEFF}';

/**
 * The bytes of a text as UTF-8. What the server's header says of the encoding is known only now, and a reader of the file would ask
 * the page itself: the byte order mark outweighs both. Bytes that are UTF-8 or no text, or in an encoding nobody knows, stay.
 */
export function toUtf8(
  chunks: AsyncIterable<Buffer>,
  mime: string,
  charset: string | undefined,
): AsyncIterable<Buffer | string> {
  const decoder = mime === 'application/pdf' ? undefined : decoderOf(charset);
  return decoder ? decoded(chunks, decoder) : chunks;
}

async function* decoded(chunks: AsyncIterable<Buffer>, decoder: TextDecoder): AsyncIterable<string> {
  yield BYTE_ORDER_MARK;
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function decoderOf(charset: string | undefined): TextDecoder | undefined {
  if (charset === undefined) return undefined;
  try {
    const decoder = new TextDecoder(charset);
    return decoder.encoding === 'utf-8' ? undefined : decoder;
  } catch {
    return undefined;
  }
}

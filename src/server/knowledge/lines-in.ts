import { AppError } from '../../shared/errors.ts';

/** Longer than the longest record of a backup, which has a passage or a vector. */
const LONGEST_LINE = 8 << 20;

/** The lines of a body as they come, without their ends; empty ones are passed over. */
export async function* linesIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of body) {
    const lines = (held + decoder.decode(chunk, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    if (held.length > LONGEST_LINE) throw new AppError('invalid_request', 'The body is no backup: a line has no end.');
    yield* lines.filter((line) => line.trim() !== '');
  }
  held += decoder.decode();
  if (held.trim() !== '') yield held;
}

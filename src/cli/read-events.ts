import { SseParser, type SseEvent } from '../proxy/sse.ts';

/** The events of a stream as they come; comments, which only keep the connection alive, are left out. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const parser = new SseParser();
  for await (const chunk of chunks) {
    for (const item of parser.push(chunk)) if (item.kind === 'event') yield item;
  }
}

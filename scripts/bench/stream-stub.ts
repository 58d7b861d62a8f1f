// A program of its own: an endpoint that streams tokens at a fixed rate, whoever reads them.
// node scripts/bench/stream-stub.ts TOKENS_PER_SECOND SECONDS; prints its port.
import { createServer, type ServerResponse } from 'node:http';

import { TOKEN_FRAME } from './stream-token.ts';

const [rate = 50, seconds = 5] = process.argv.slice(2).map(Number);
const SLOT_MS = 2;
const slots = Math.round(1_000 / rate / SLOT_MS);

interface Stream {
  readonly response: ServerResponse;
  left: number;
}

/** Streams are spread over the slots of one period: their tokens come evenly, not in one burst. */
const streams: Set<Stream>[] = Array.from({ length: slots }, () => new Set());
let next = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const slot = streams[next++ % slots];
    const stream = { response, left: rate * seconds };
    slot?.add(stream);
    response.on('close', () => slot?.delete(stream));
  });
});

const startedAt = performance.now();
let done = 0;
setInterval(() => {
  // What a late timer has missed is made up for: the rate holds on average.
  for (const due = (performance.now() - startedAt) / SLOT_MS; done < due; done += 1) sendToken(streams[done % slots]);
}, SLOT_MS);

function sendToken(slot: Set<Stream> | undefined): void {
  for (const stream of slot ?? []) {
    stream.left -= 1;
    if (stream.left >= 0) stream.response.write(TOKEN_FRAME);
    else stream.response.end('data: [DONE]\n\n');
    if (stream.left < 0) slot?.delete(stream);
  }
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : '');
});

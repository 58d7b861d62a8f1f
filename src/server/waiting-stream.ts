import type { ServerResponse } from 'node:http';

import { waitingFrame } from '../proxy/frames.ts';

/** A proxy in between gives up on a silent connection after half a minute or more; a stream is opened well before. */
const FIRST_FRAME_MS = 10_000;
const PROGRESS_MS = 1_000;

interface WaitingOptions {
  readonly outgoing: ServerResponse;
  readonly route: string;
  readonly headers: readonly string[];
  /** The load state, where the profile asks for it in the answer; undefined: comments alone. */
  readonly progress: (() => string | undefined) | undefined;
  readonly model: string;
  readonly requestId: string;
}

/** Keeps a streaming client in touch while its expert loads or is busy: a 200, then SSE comments (`event: ping` for Anthropic's clients). */
export class WaitingStream {
  readonly #options: WaitingOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: WaitingOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.progress ? PROGRESS_MS : FIRST_FRAME_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { outgoing, route, headers, progress, model, requestId } = this.#options;
    if (outgoing.destroyed || outgoing.writableEnded) return;
    const sentence = progress?.();
    if (!outgoing.headersSent)
      outgoing.writeHead(200, [
        ...headers,
        'content-type',
        'text/event-stream',
        'cache-control',
        'no-cache',
        'x-accel-buffering',
        'no',
      ]);
    if (sentence === undefined || route !== '/v1/chat/completions') outgoing.write(waitingFrame(route));
    else {
      const chunk = {
        id: requestId,
        object: 'chat.completion.chunk',
        created: Math.floor(Date.now() / 1_000),
        model,
        choices: [
          {
            index: 0,
            delta: { role: 'assistant', reasoning_content: `${model} is ${sentence}\n` },
            finish_reason: null,
          },
        ],
      };
      outgoing.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }
  }
}

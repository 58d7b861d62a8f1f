import type { Dispatcher } from 'undici';

import type { HelperExpert } from '../../../../src/knowledge/setup.ts';
import type { ExpertExtractionParts } from '../../../../src/memory/expert/expert-extraction.ts';
import { Lease } from '../../../../src/supervisor/lease.ts';

type Fleet = ExpertExtractionParts['fleet'];

export interface Asked {
  readonly path: string;
  readonly body: {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: unknown;
    readonly output_config?: unknown;
    readonly max_tokens: number;
  };
  readonly signal: AbortSignal;
}

/** A chat expert in memory: it says what the test says, and notes what it was asked and how it was had. */
export class FakeChatExpert {
  readonly asked: Asked[] = [];
  readonly had: ('borrowed' | 'acquired')[] = [];
  readonly released: boolean[] = [];
  /** Whether `borrow` finds it loaded and free. */
  isThere = true;
  /** Requests that wait for it. */
  waiting = 0;
  processes: readonly { readonly inFlight: number; readonly inFlightBackground: number }[] = [];
  /** Its words; a thrown error is the connection's. */
  say: (asked: Asked) => unknown = () => ({ memories: [] });
  status = 200;
  finish = 'stop';
  lease: Lease | undefined;
  onAsked: (() => void) | undefined;

  readonly helper: HelperExpert;

  constructor(settings: Readonly<Record<string, unknown>> = {}, path = '/v1/chat/completions') {
    const expert = { id: 'chat', engine: 'llama-server', task: 'generate', context: 4_096, variants: {}, ...settings };
    this.helper = { expert, path, set: { model: 'chat' } } as unknown as HelperExpert;
  }

  get fleet(): Fleet {
    const fleet = {
      acquire: (_id: string, _signal: AbortSignal, background: boolean) => {
        if (!background) throw new Error('not in the background');
        this.had.push('acquired');
        return Promise.resolve(this.#lease());
      },
      borrow: () => {
        if (!this.isThere) return undefined;
        this.had.push('borrowed');
        return this.#lease();
      },
      queued: () => this.waiting,
      totalQueued: 0,
    };
    const processes = () => this.processes;
    return Object.defineProperty(fleet, 'processes', { get: processes }) as unknown as Fleet;
  }

  #lease(): Lease {
    const owner = { leave: (_lease: Lease, ok: boolean) => void this.released.push(ok), silent: () => undefined };
    const dispatcher = { request: (call: Call) => this.#reply(call) } as unknown as Dispatcher;
    this.lease = new Lease(owner, { dispatcher, origin: 'http://x', headers: {} }, true);
    return this.lease;
  }

  async #reply({ path, body, signal }: Call): Promise<unknown> {
    const asked = { path, body: JSON.parse(body) as Asked['body'], signal };
    this.asked.push(asked);
    this.onAsked?.();
    signal.throwIfAborted();
    const gone = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    const said = await Promise.race([Promise.resolve(this.say(asked)), gone]);
    const content = typeof said === 'string' ? said : JSON.stringify(said);
    const answer = path.endsWith('/messages')
      ? { content: [{ type: 'text', text: content }], stop_reason: 'end_turn' }
      : { choices: [{ message: { role: 'assistant', content }, finish_reason: this.finish }] };
    return { statusCode: this.status, body: { text: () => Promise.resolve(JSON.stringify(answer)) } };
  }
}

interface Call {
  readonly path: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

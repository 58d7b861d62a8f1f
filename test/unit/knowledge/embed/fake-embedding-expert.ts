import type { Dispatcher } from 'undici';

import type { Fleet } from '../../../../src/supervisor/fleet.ts';
import { Lease } from '../../../../src/supervisor/lease.ts';
import type { HelperExpert } from '../../../../src/knowledge/setup.ts';

export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** An embedding expert in memory: it answers what the test says, and notes what it was asked. */
export class FakeEmbeddingExpert {
  readonly asked: string[][] = [];
  readonly acquired: { background: boolean }[] = [];
  readonly released: boolean[] = [];
  /** What the planner would do for it. */
  plan: unknown = { action: 'serve' };
  loaded: readonly { id: string; state: string; expert: { task: string } }[] = [];
  /** Settles `acquire`; rejects where it cannot be had. */
  admit: (signal: AbortSignal, background: boolean) => Promise<void> = () => Promise.resolve();
  vectorOf: (text: string) => readonly unknown[] = (text) => [text.length, 1, 0];
  answer: (texts: readonly string[]) => Answered = (texts) => ({
    status: 200,
    body: { data: texts.map((text, index) => ({ index, embedding: this.vectorOf(text) })) },
  });

  readonly helper = {
    expert: { id: 'vectors', task: 'embed' },
    path: '/v1/embeddings',
    set: { model: 'vectors' },
  } as unknown as HelperExpert;

  get fleet(): Pick<Fleet, 'acquire' | 'plan' | 'processes'> {
    const fleet = {
      acquire: async (_id: string, signal: AbortSignal, background = false) => {
        this.acquired.push({ background });
        await this.admit(signal, background);
        const owner = { leave: (_lease: Lease, ok: boolean) => void this.released.push(ok), silent: () => undefined };
        const dispatcher = { request: ({ body }: { body: string }) => Promise.resolve(this.#reply(body)) };
        return new Lease(owner, { dispatcher: dispatcher as unknown as Dispatcher, origin: 'http://x', headers: {} });
      },
      plan: () => ({ plan: this.plan }),
      processes: this.loaded,
    };
    return fleet as unknown as Pick<Fleet, 'acquire' | 'plan' | 'processes'>;
  }

  #reply(sent: string): unknown {
    const { input } = JSON.parse(sent) as { input: string[] };
    this.asked.push(input);
    const { status, body } = this.answer(input);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { statusCode: status, body: { text: () => Promise.resolve(text) } };
  }
}

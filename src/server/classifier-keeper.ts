import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';

import type { Classifier } from '../router/classify.ts';
import type { LinearModel } from '../router/linear-model.ts';
import type { TrainingExample } from '../router/train-model.ts';
import { messageOf } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { WEIGHTS_FILE } from './lessons.ts';

export interface ClassifierKeeperOptions {
  readonly logger: Logger;
  /** Called with every classifier that is to be used from now on. */
  readonly onReady: (classifier: Classifier) => void;
}

/** Loads the shipped classifier off the start-up path, and has it learn what a profile teaches. */
export class ClassifierKeeper {
  readonly #options: ClassifierKeeperOptions;
  #base: Promise<Classifier> | undefined;
  #taught = '';
  #round = 0;
  #inUse = false;

  constructor(options: ClassifierKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when the classifier that knows these lessons, or the shipped one where they cannot be learned, is in use. Never rejects. */
  async use(lessons: readonly TrainingExample[]): Promise<void> {
    const content = JSON.stringify(lessons);
    if (this.#base && content === this.#taught) return;
    this.#taught = content;
    this.#round += 1;
    const round = this.#round;
    const { logger, onReady } = this.#options;
    const deliver = (classifier: Classifier) => {
      // A profile that came later is what counts.
      if (round !== this.#round) return;
      this.#inUse = true;
      onReady(classifier);
    };
    try {
      // The program is up and answers before the router's own code is read.
      const { Classifier: Loaded } = await import('../router/classify.ts');
      const base = await (this.#base ??= readFile(WEIGHTS_FILE).then((bytes) => Loaded.load(bytes)));
      // What was learned before serves until this is.
      if (lessons.length === 0 || !this.#inUse) deliver(base);
      if (lessons.length === 0) return;
      const startedAt = performance.now();
      const domains = await learn(lessons);
      deliver(new Loaded({ domains, languages: base.knowledge.languages }));
      const domainNames = [...new Set(lessons.map(({ domain }) => domain))];
      logger.info('the router has learned the profile’s utterances', {
        utterances: lessons.length,
        domains: domainNames.join(', '),
        ms: Math.round(performance.now() - startedAt),
      });
    } catch (error) {
      logger.error('the router goes without what could not be loaded or learned', { reason: messageOf(error) });
    }
  }
}

function learn(lessons: readonly TrainingExample[]): Promise<LinearModel> {
  const file = import.meta.url.endsWith('.ts') ? './train-worker.ts' : './train-worker.mjs';
  const worker = new Worker(new URL(file, import.meta.url), { workerData: lessons });
  worker.unref();
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the training ended with ${code} and no result`)));
  });
}

import type { Logger } from '../telemetry/logger.ts';
import { type Appraisal, NOTHING_KNOWN } from './appraisal.ts';
import type { ExpertProcess } from './expert-process.ts';

/** How the memory of a profile's experts is predicted. */
export interface AppraisalSource {
  readonly appraise: (process: ExpertProcess) => Promise<Appraisal>;
  /** Changes when an appraisal may come out otherwise. Cheap. */
  readonly stamp: (process: ExpertProcess) => string;
}

interface Known {
  readonly stamp: string;
  /** Undefined while it is being made. */
  readonly appraisal: Appraisal | undefined;
}

export interface AppraisalsOptions {
  readonly logger: Logger;
  /** One has been made. */
  readonly onMade: () => void;
}

/** What each expert would take, as far as it is known: made in the background, and again when something it rests on has changed. */
export class Appraisals {
  readonly #options: AppraisalsOptions;
  readonly #known = new WeakMap<ExpertProcess, Known>();
  #source: AppraisalSource | undefined;

  constructor(options: AppraisalsOptions) {
    this.#options = options;
  }

  /** Where they come from, from now on. */
  follow(source: AppraisalSource): void {
    this.#source = source;
  }

  /** Undefined while it is being made. */
  of(process: ExpertProcess): Appraisal | undefined {
    return this.#known.get(process)?.appraisal;
  }

  /** Makes it, unless that has been done and nothing has changed since. */
  look(process: ExpertProcess): void {
    const source = this.#source;
    if (!source) return;
    const stamp = source.stamp(process);
    if (this.#known.get(process)?.stamp === stamp) return;
    this.#known.set(process, { stamp, appraisal: undefined });
    void this.#make(process, stamp, source);
  }

  /** Makes it again, for what has been learned; until that is done the one there is holds. */
  renew(process: ExpertProcess): void {
    const stamp = this.#known.get(process)?.stamp;
    if (stamp !== undefined && this.#source) void this.#make(process, stamp, this.#source);
  }

  async #make(process: ExpertProcess, stamp: string, { appraise }: AppraisalSource): Promise<void> {
    let appraisal: Appraisal | undefined;
    try {
      appraisal = await appraise(process);
    } catch (error) {
      this.#options.logger.warn('the memory of an expert cannot be predicted; it is counted as measured', {
        expert: process.id,
        error,
      });
    }
    if (this.#known.get(process)?.stamp !== stamp) return;
    this.#known.set(process, { stamp, appraisal: appraisal ?? NOTHING_KNOWN });
    this.#options.onMade();
  }
}

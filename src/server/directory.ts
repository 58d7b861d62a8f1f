import type { ExpertBase, ExpertVariant } from '../engines/contract.ts';
import type { Task } from '../engines/routes.ts';
import { AppError } from '../shared/errors.ts';

/** What a model name stands for. */
export interface Target {
  readonly expert: ExpertBase;
  readonly variant: ExpertVariant | undefined;
  /** How the name was found, for `x-orchestrator-route`. */
  readonly reason: 'named' | 'default';
}

interface Pattern {
  readonly source: string;
  readonly expression: RegExp;
  readonly target: Target;
}

const LONGEST_NAME = 256;

/** Whether a request leaves the choice to us. */
export function isUnnamed(model: unknown): boolean {
  return model === undefined || model === null || model === 'auto';
}

/** All names of all experts: ids, aliases, variants, and alias patterns (`claude-*-haiku*`; the longest pattern wins). */
export class Directory {
  readonly experts: readonly ExpertBase[];
  readonly #only: readonly string[] | undefined;
  readonly #exact = new Map<string, Target>();
  readonly #patterns: Pattern[] = [];
  readonly #defaults = new Map<Task, Target>();

  /** `only`: ids of those that may be used; the others are known, and refused. */
  constructor(experts: readonly ExpertBase[], defaultExpert: string | undefined, only?: readonly string[]) {
    this.#only = only;
    this.experts = only ? experts.filter(({ id }) => only.includes(id)) : experts;
    for (const expert of experts) {
      const plain: Target = { expert, variant: undefined, reason: 'named' };
      this.#exact.set(expert.id, plain);
      for (const alias of expert.aliases) {
        if (alias.includes('*')) this.#patterns.push({ source: alias, expression: toExpression(alias), target: plain });
        else this.#exact.set(alias, plain);
      }
      for (const [name, variant] of Object.entries(expert.variants))
        this.#exact.set(name, { expert, variant, reason: 'named' });
      if (only && !only.includes(expert.id)) continue;
      const isDefault = expert.id === defaultExpert;
      if (isDefault || !this.#defaults.has(expert.task))
        this.#defaults.set(expert.task, { expert, variant: undefined, reason: 'default' });
    }
    this.#patterns.sort((a, b) => b.source.length - a.source.length);
  }

  /** `model` absent or `auto`: the default expert of the route's task. Anything else must be known: there is no silent substitute. */
  resolve(model: unknown, task: Task): Target {
    if (isUnnamed(model)) {
      const target = this.#defaults.get(task);
      if (target) return target;
      if (this.#only)
        throw new AppError(
          'forbidden',
          `None of the experts that this key may use (${this.#only.join(', ')}) serves the task "${task}".`,
          { param: 'model' },
        );
      throw new AppError(
        'model_not_found',
        `No expert of this profile serves the task "${task}". Add one with task: ${task}.`,
        { param: 'model', details: { models: this.names() } },
      );
    }
    if (typeof model !== 'string') throw new AppError('invalid_request', 'model must be a string.', { param: 'model' });
    const target = this.find(model);
    if (target) return target;
    this.refuseForbidden(model, 'model');
    throw new AppError(
      'model_not_found',
      `There is no model "${model.slice(0, 100)}" here. Known: ${this.names().join(', ')}.`,
      { param: 'model', details: { models: this.names() } },
    );
  }

  /** The id of the expert that `auto` means for a task. */
  defaultFor(task: Task): string | undefined {
    return this.#defaults.get(task)?.expert.id;
  }

  find(name: string): Target | undefined {
    const target = this.#lookUp(name);
    return target && this.#only?.includes(target.expert.id) === false ? undefined : target;
  }

  /** @throws AppError `forbidden` for the name of an expert that is there, and not for this key. */
  refuseForbidden(name: string, param: string): void {
    const target = this.#lookUp(name);
    if (!target || !this.#only || this.#only.includes(target.expert.id)) return;
    throw new AppError(
      'forbidden',
      `This key may not use ${target.expert.id}; it may use ${this.#only.join(', ')} (scope experts).`,
      { param },
    );
  }

  #lookUp(name: string): Target | undefined {
    // A pattern takes long to fail on a long name, and a client chooses the name.
    if (name.length > LONGEST_NAME) return undefined;
    return this.#exact.get(name) ?? this.#patterns.find(({ expression }) => expression.test(name))?.target;
  }

  /** `auto`, every expert, every variant. */
  names(): string[] {
    return ['auto', ...this.experts.flatMap((expert) => [expert.id, ...Object.keys(expert.variants)])];
  }
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

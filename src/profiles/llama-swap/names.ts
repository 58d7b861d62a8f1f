import { freeId, idFrom } from '../expert-ids.ts';

export interface ConvertedExpert {
  readonly id: string;
  /** As llama-swap calls it. */
  readonly name: string;
  readonly settings: Record<string, unknown>;
  readonly notes: readonly string[];
}

const NAME = /^[\w.:/-]+$/;

/** The own name of each is kept: as its id, else as an alias; no name stands for two. */
export function withNames(experts: readonly ConvertedExpert[]): ConvertedExpert[] {
  const taken = new Set(['auto', ...experts.flatMap(({ settings }) => Object.keys(settings['variants'] ?? {}))]);
  const ids = experts.map(({ name }) => {
    const id = freeId(idFrom(name), taken);
    taken.add(id);
    return id;
  });
  return experts.map((expert, index) => withName({ ...expert, id: ids[index] ?? '' }, taken));
}

function withName(expert: ConvertedExpert, taken: Set<string>): ConvertedExpert {
  const { name, settings, notes } = expert;
  const { aliases, engine, description, ...others } = settings;
  const wanted = [...new Set([name, ...(Array.isArray(aliases) ? (aliases as string[]) : [])])];
  const fitting = wanted.filter((alias) => NAME.test(alias) && !taken.has(alias));
  for (const alias of fitting) taken.add(alias);
  const unfit = wanted.filter((alias) => !NAME.test(alias));
  return {
    ...expert,
    settings: {
      ...(engine === undefined ? {} : { engine }),
      ...(description === undefined ? {} : { description }),
      ...(fitting.length > 0 ? { aliases: fitting } : {}),
      ...others,
    },
    notes: [...notes, ...unfit.map((alias) => `the name "${alias}": no name may have such characters here`)],
  };
}

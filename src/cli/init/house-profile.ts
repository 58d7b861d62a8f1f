/** A planned house as the text of a profile, and as lines for whoever had it planned. */
import { writeProfileYaml } from '../../profiles/write-profile.ts';
import { formatBytes } from '../../shared/units.ts';
import { usable } from '../../planner/room.ts';
import { tableLines } from '../table.ts';
import { needsOf } from './house.ts';
import type { House, HouseExpert } from './house.ts';
import type { MeasuredMachine } from './machine.ts';

const DEFAULTS = { engine: 'llama-server', context: 8_192, parallel: 2, idleUnload: '30m' } as const;
/** More sets than that nobody reads. */
const SHOWN_SETS = 6;

export function houseProfile(
  house: House,
  { name, schema }: { readonly name: string; readonly schema: string },
): string {
  const { experts, machine, defaultExpert, leftOut } = house;
  return writeProfileYaml({
    schema,
    comment: [
      'Written by `orchestrator profile init` for this machine: the model files that were found on it, used where they lie,',
      'with settings that fit. Check it after changes with: orchestrator profile validate FILE',
      '',
      ...poolLines(machine),
      '',
      ...togetherLines(house),
    ],
    content: {
      name,
      description: `The models of this machine: ${experts.length === 1 ? 'one expert' : `${experts.length} experts`}`,
      budget: budgetContent(machine),
      defaults: DEFAULTS,
      experts: Object.fromEntries(experts.map((expert) => [expert.id, expertContent(expert)])),
      ...(defaultExpert === undefined ? {} : { router: { default: defaultExpert } }),
    },
    comments: {
      budget: ['`auto` is what the machine has; what other programs hold is subtracted as well, as it changes.'],
      ...Object.fromEntries(experts.map((expert) => [`experts.${expert.id}`, expertLines(expert)])),
      router: ['Answers where a request names no model.'],
    },
    closing:
      leftOut.length === 0
        ? []
        : ['Found and not used:', ...leftOut.map(({ path, store, reason }) => `  ${path} (${store}): ${reason}`)],
  });
}

export function budgetContent({ budget }: MeasuredMachine): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(budget).map(([pool, { capacity, reserve }]) => [
      pool,
      { capacity, reserve: `${Math.round(reserve / 2 ** 20)}MiB` },
    ]),
  );
}

/** The pools, and what experts may hold of them. */
export function poolLines({ pools, gpuNames, notes }: MeasuredMachine): string[] {
  const lines = pools.map((pool) => {
    const name = gpuNames[pool.id];
    const what = name === undefined ? pool.id : `${pool.id} (${name})`;
    return `${what}: ${formatBytes(pool.capacity)}, of which experts may hold ${formatBytes(usable(pool))}.`;
  });
  return [...lines, ...notes.map((note) => `Note: ${note}.`)];
}

/** What fits with what. */
export function togetherLines({ experts, together }: House): string[] {
  const [first = []] = together;
  if (experts.length < 2) return [];
  if (first.length === experts.length) return ['All of them fit into memory together.'];
  const sets = together.filter((set) => set.length > 1);
  const alone = experts.filter(({ beside }) => beside.length === 0).map(({ id }) => id);
  return [
    'They do not all fit into memory together. What is asked for makes room; together are:',
    ...sets.slice(0, SHOWN_SETS).map((set) => `  ${set.join(', ')}`),
    ...(sets.length > SHOWN_SETS ? [`  … and ${sets.length - SHOWN_SETS} more combinations`] : []),
    ...(alone.length > 0 ? [`Only alone: ${alone.join(', ')}.`] : []),
  ];
}

function expertContent({ model, aliases, settings }: HouseExpert): Record<string, unknown> {
  const { found, engine, task, pooling, mmproj } = model;
  const { context, parallel, gpuLayers, cpuMoe } = settings;
  return {
    ...(engine === DEFAULTS.engine ? {} : { engine }),
    ...(aliases.length > 0 ? { aliases } : {}),
    ...(task === 'generate' ? {} : { task }),
    model: { path: found.path, mmproj: mmproj?.path },
    ...(mmproj?.vision ? { vision: true } : {}),
    ...(mmproj?.audio ? { audio: true } : {}),
    ...(context === DEFAULTS.context ? {} : { context }),
    ...(parallel === DEFAULTS.parallel ? {} : { parallel }),
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
    ...(cpuMoe === undefined ? {} : { cpuMoe }),
    ...(pooling === undefined ? {} : { 'llama-server': { pooling } }),
  };
}

function expertLines(expert: HouseExpert): string[] {
  const { model, settings } = expert;
  const { found, shape } = model;
  const trained = shape.contextTrained;
  const more = trained !== undefined && trained > settings.context ? ` Trained for ${trained} tokens.` : '';
  return [
    `${found.name} (${found.store}), ${formatBytes(shape.fileBytes)}. Takes ${needsOf(expert)}.${more}`,
    ...(settings.cpuMoe === undefined
      ? []
      : ['Its experts do not all fit on the GPU: those of so many layers are in RAM.']),
    ...(settings.gpuLayers === undefined || settings.gpuLayers === 0
      ? []
      : [`Only ${settings.gpuLayers} of its ${shape.layers.length} layers fit on the GPU: it is slower for it.`]),
    ...(settings.gpuLayers === 0 ? ['Too large for the GPU: it runs on the CPU.'] : []),
  ];
}

/** The house as a table and lines, for a terminal. */
export function houseReport(house: House): string[] {
  const { machine, experts, leftOut } = house;
  const rows = experts.map((expert) => [expert.id, expert.model.found.store, expert.model.task, needsOf(expert)]);
  const table = [['EXPERT', 'FOUND IN', 'TASK', 'TAKES'], ...rows];
  return [
    ...poolLines(machine),
    '',
    ...tableLines(table),
    ...(togetherLines(house).length > 0 ? ['', ...togetherLines(house)] : []),
    ...(leftOut.length > 0
      ? [
          '',
          `${leftOut.length} files were found and not used:`,
          ...leftOut.map(({ path, reason }) => `  ${path}: ${reason}`),
        ]
      : []),
  ];
}

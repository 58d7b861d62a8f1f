/** What `budget`, `plan` and `status` say of memory, as text. Pure. */
import { describePlace } from '../planner/words.ts';
import type { BudgetView, HolderView, PlanView, PoolView } from '../server/views.ts';
import { formatBytes, formatDuration } from '../shared/units.ts';
import { tableLines } from './table.ts';

const BUDGET_HEADINGS = ['POOL', 'CAPACITY', 'RESERVE', 'OTHERS', 'FREE', 'HELD', 'PREDICTED', 'MEASURED'];

/** Every pool, below it who holds what of it, and what is unusual. `now`: milliseconds since the epoch. */
export function budgetLines(view: BudgetView, now: number): string[] {
  const lines = [...pausedLines(view, now), countLine(view)];
  if (view.pools.length === 0) {
    return [...lines, 'No memory is counted: `budget` names no pool (ram, gpu0, …) in this profile.'];
  }
  const rows = view.pools.map((pool) => ({ pool, row: poolRow(pool), holders: pool.holders.map(holderRow) }));
  const table = tableLines([BUDGET_HEADINGS, ...rows.flatMap(({ row, holders }) => [row, ...holders])], NUMBERS);
  const body = rows.flatMap(({ pool, holders }) => {
    const from = table.splice(1, 1 + holders.length);
    return [...from, ...notesOf(pool).map((note) => `  note: ${note}`)];
  });
  return [...lines, '', ...table, ...body];
}

/** The sentence, then the arithmetic that it rests on. */
export function planLines(view: PlanView): string[] {
  return [view.sentence, ...needLines(view), ...partLines(view)];
}

/** `gpu0 5.6 GiB, ram 380.0 MB`; a dash for nothing. */
export function footprintText(footprint: Readonly<Record<string, number>>): string {
  const parts = Object.entries(footprint).map(([pool, bytes]) => `${pool} ${formatBytes(bytes)}`);
  return parts.join(', ') || '–';
}

/** `gpu0 10.2 of 14.6 GiB held`, for one line over all pools. */
export function poolSummary({ id, held, usable, paused }: PoolView): string {
  if (paused) return `${id} handed back`;
  return `${id} ${formatBytes(held)} of ${formatBytes(usable)} held`;
}

/** Milliseconds, of which the way here has taken some. */
export const wholeSeconds = (ms: number) => Math.ceil(Math.max(0, ms) / 1_000) * 1_000;

/** A line where GPUs are handed back; none otherwise. */
export function pausedLines({ pausedUntil, pools }: BudgetView, now: number): string[] {
  if (pausedUntil === null) return [];
  const gpus = pools.filter(({ paused }) => paused).map(({ id }) => id);
  const left = Date.parse(pausedUntil) - now;
  const howLong = pausedUntil === 'for ever' ? '' : ` for another ${formatDuration(wholeSeconds(left))}`;
  return [
    `PAUSED${howLong}: ${gpus.join(' and ')} handed back to the person at the desk; \`orchestrator resume\` takes it again`,
  ];
}

/** Columns of numbers. */
const NUMBERS = [1, 2, 3, 4, 5, 6, 7];

function countLine({ loadedExperts, maxLoadedExperts }: BudgetView): string {
  const limit = maxLoadedExperts === null ? '' : ` of at most ${maxLoadedExperts}`;
  return `${loadedExperts}${limit} ${loadedExperts === 1 && limit === '' ? 'expert' : 'experts'} loaded`;
}

function poolRow({ id, capacity, reserve, foreign, free, held }: PoolView): string[] {
  return [id, formatBytes(capacity), formatBytes(reserve), formatBytes(foreign), signed(free), formatBytes(held)];
}

function holderRow({ expert, state, held, predicted, measured, mapped }: HolderView): string[] {
  const files = mapped > 0 ? `, ${formatBytes(mapped)} of it mapped files` : '';
  return [`  ${expert}`, '', '', '', '', formatBytes(held), size(predicted), size(measured), `${state}${files}`];
}

function notesOf({ note, held, holders }: PoolView): string[] {
  const shared = holders.reduce((sum, holder) => sum + holder.held, 0) - held;
  return [
    ...(note === null ? [] : [note]),
    ...(shared > 0 ? [`${formatBytes(shared)} less in all: a model file that several experts map counts once`] : []),
  ];
}

function needLines({ needs, frees, pools }: PlanView): string[] {
  const rows = pools
    .filter(({ id }) => needs[id] !== undefined || frees[id] !== undefined)
    .map(({ id, free }) => [
      id,
      formatBytes(needs[id] ?? 0),
      signed(free),
      frees[id] === undefined ? '–' : signed(frees[id]),
    ]);
  if (rows.length === 0) return [];
  const comesBack = Object.keys(frees).length > 0;
  const table = [['POOL', 'NEEDS', 'FREE', 'COMES BACK'], ...rows];
  return ['', ...tableLines(comesBack ? table : table.map((row) => row.slice(0, 3)), [1, 2, 3])];
}

function partLines({ expert, placement }: PlanView): string[] {
  if (placement === null || placement.parts.length === 0) return [];
  const { name, footprint, mapped, parts, estimated, learned } = placement;
  const files = mapped.map(({ bytes }) => `, mapped file ${formatBytes(bytes)}`);
  const origin = [
    ...(estimated ? ['estimated: the model file is not here'] : []),
    ...(learned ? ['corrected by what earlier runs took'] : []),
  ];
  const rows = parts.map(({ pool, name, bytes, how }) => [`  ${pool}`, name, formatBytes(bytes), how]);
  return [
    '',
    `${expert}${describePlace(name)}: ${footprintText(footprint)}${files.join('')}${origin.length > 0 ? ` (${origin.join('; ')})` : ''}`,
    ...tableLines(rows, [2]),
  ];
}

const size = (bytes: number | null) => (bytes === null ? '–' : formatBytes(bytes));
const signed = (bytes: number) => (bytes < 0 ? `−${formatBytes(-bytes)}` : formatBytes(bytes));

/** What `status` shows of the house, as text. Pure: the time and whether colours are wanted are handed in. */
import { styleText, stripVTControlCharacters } from 'node:util';

import type { BudgetView, ExpertState, ExpertView, StatsView } from '../server/views.ts';
import { formatBytes, formatDuration } from '../shared/units.ts';
import { footprintText, pausedLines, poolSummary } from './budget-table.ts';
import { knowledgeLine } from './knowledge-line.ts';
import { memoryLine } from './memory-line.ts';
import type { Snapshot } from './snapshot.ts';
import { tableLines } from './table.ts';

export interface TableOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly colours: boolean;
  /** Columns of the terminal; undefined: lines are never cut. */
  readonly width?: number | undefined;
}

type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'cyan' | 'bold';

const STATE_COLOURS: Record<ExpertState, Colour> = {
  stopped: 'dim',
  starting: 'yellow',
  ready: 'green',
  sleeping: 'dim',
  draining: 'cyan',
  stopping: 'cyan',
  backoff: 'yellow',
  failed: 'red',
};

/** Holding no GPU memory. */
const AT_REST: ReadonlySet<ExpertState> = new Set(['stopped', 'sleeping', 'failed']);

const HEADINGS = ['EXPERT', 'ENGINE', 'STATE', 'SINCE', 'IN FLIGHT/QUEUED', 'MEMORY', 'UNLOADS IN', 'LAST FAILURE'];

/** The header, and the table, line by line. Memory is by pool where the profile counts pools. */
export function statusLines({ stats, experts, budget }: Snapshot, options: TableOptions): string[] {
  const lines = [
    headerLine(stats),
    ...poolLines(budget, options),
    ...noted(knowledgeLine(stats.knowledge), stats.knowledge.state, options),
    ...noted(memoryLine(stats.memory), stats.memory.state, options),
    '',
    ...expertTable(experts, options),
  ];
  return lines.map((line) => cut(line, options.width));
}

function noted(line: string | undefined, state: string, options: TableOptions): string[] {
  if (line === undefined) return [];
  return [state === 'degraded' ? paint('yellow', line, options) : line];
}

function headerLine(stats: StatsView): string {
  const loaded = Object.values(stats.experts).filter((state) => !AT_REST.has(state)).length;
  const limit = stats.maxLoadedExperts === null ? '' : ` of at most ${stats.maxLoadedExperts}`;
  const parts = [
    `profile ${stats.profile}`,
    stats.url,
    `up ${formatDuration(Math.max(1, stats.uptimeSeconds) * 1_000)}`,
    `${loaded}${limit} loaded`,
    `${stats.requests.active} requests running, ${stats.requests.queued} waiting`,
  ];
  return `${stats.status === 'ok' ? '' : 'STOPPING · '}${parts.join(' · ')}`;
}

/** What of each pool is held, and what is unusual: nothing where no pool is counted. */
function poolLines(budget: BudgetView, options: TableOptions): string[] {
  const unusual = budget.pools.filter(({ note, paused }) => note !== null && !paused);
  return [
    ...(budget.pools.length > 0 ? [budget.pools.map(poolSummary).join(' · ')] : []),
    ...pausedLines(budget, options.now).map((line) => paint('yellow', line, options)),
    ...unusual.map(({ id, note }) => paint('yellow', `${id}: ${note}`, options)),
  ];
}

function expertTable(experts: readonly ExpertView[], options: TableOptions): string[] {
  const [headings = '', ...rows] = tableLines([HEADINGS, ...experts.map((expert) => rowOf(expert, options))]);
  return [paint('bold', headings, options), ...rows];
}

function rowOf(expert: ExpertView, options: TableOptions): string[] {
  const { now } = options;
  return [
    expert.id,
    expert.engine,
    paint(STATE_COLOURS[expert.state], expert.state, options) + (expert.pinned ? ', pinned' : ''),
    expert.kind === 'remote' ? '–' : formatDuration(Math.max(0, now - Date.parse(expert.since))),
    `${expert.inFlight}/${expert.queued}`,
    memoryOf(expert),
    expert.unloadsAt === null ? '–' : formatDuration(Math.max(0, Date.parse(expert.unloadsAt) - now)),
    noteOf(expert, now),
  ];
}

/** What the budget counts it for; where it counts nothing, what its processes hold. */
function memoryOf({ footprint, memoryBytes }: ExpertView): string {
  if (Object.keys(footprint).length > 0) return footprintText(footprint);
  return memoryBytes === null ? '–' : formatBytes(memoryBytes);
}

/** While an expert starts, its progress; else why it ended last, and when it is tried again. */
function noteOf(expert: ExpertView, now: number): string {
  if (expert.progress !== null && (expert.state === 'starting' || expert.state === 'sleeping'))
    return oneLine(expert.progress);
  if (expert.lastFailure === null) return '';
  const wait = expert.retryAt === null ? 0 : Date.parse(expert.retryAt) - now;
  const again = wait > 0 ? `; tried again in ${formatDuration(wait)}` : '';
  const ago = formatDuration(Math.max(0, now - Date.parse(expert.lastFailure.at)));
  return `${oneLine(expert.lastFailure.sentence)} (${ago} ago${again})`;
}

const oneLine = (text: string) => stripVTControlCharacters(text).replaceAll(/\s+/g, ' ').trim();

function paint(colour: Colour, text: string, options: TableOptions): string {
  return options.colours ? styleText(colour, text, { validateStream: false }) : text;
}

/** Cuts to the width without counting colour codes; what follows a cut keeps its codes, so that a colour always ends. */
function cut(line: string, width: number | undefined): string {
  if (width === undefined || stripVTControlCharacters(line).length <= width) return line;
  let room = width - 1;
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  return line.replaceAll(/(\u001B\[[\d;]*m)|(.)/gsu, (_all, code: string | undefined, character: string) => {
    if (code !== undefined) return code;
    room -= 1;
    return room >= 0 ? character : room === -1 ? '…' : '';
  });
}

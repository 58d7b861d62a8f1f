import type { Table } from '../knowledge/table.ts';
import { type Half, HALVES, type Language, readDialogues } from './dialogues.ts';
import { judge, type Judged, type Judgement, type Mistake, nothing, type Tally } from './judge.ts';

export interface ExtractionResult {
  readonly table: Table;
  /** Of `dev`: nobody looks at the mistakes of `blind`. */
  readonly mistakes: readonly Mistake[];
  /** What is not as it must be. */
  readonly failures: readonly string[];
}

const LANGUAGES: readonly Language[] = ['es', 'en', 'mixed'];
const MUST = { precision: 0.95, recall: 0.7, junk: 0.05 };

/** How much of the dialogues is kept, and how much that should not be. */
export async function extractionTable(judged: Judged): Promise<ExtractionResult> {
  const columns: { readonly name: string; readonly judgement: Judgement }[] = [];
  const failures: string[] = [];
  let mistakes: readonly Mistake[] = [];
  for (const half of HALVES) {
    const own: (typeof columns)[number][] = [];
    for (const language of LANGUAGES) {
      const dialogues = readDialogues(half).filter((dialogue) => dialogue.language === language);
      const name = `${half} ${language} (${dialogues.length})`;
      own.push({ name, judgement: await judge(dialogues, judged) });
    }
    const judgements = own.map(({ judgement }) => judgement);
    const tally = sumOf(judgements.map((one) => one.tally));
    if (half === 'dev') mistakes = judgements.flatMap((one) => one.mistakes);
    failures.push(...failuresOf(half, tally));
    columns.push({ name: `${half} (${readDialogues(half).length})`, judgement: { tally, mistakes: [] } }, ...own);
  }
  const row = (name: string, must: string, cell: (tally: Tally) => string) => [
    name,
    must,
    ...columns.map(({ judgement }) => cell(judgement.tally)),
  ];
  const table = [
    ['', 'must', ...columns.map(({ name }) => name)],
    row('precision: of what is believed at once, right', '≥ 95 %', ({ right, kept }) => share(right, kept)),
    row('recall: of what is worth keeping, believed at once', '≥ 70 %', ({ found, expected }) =>
      share(found, expected),
    ),
    row('junk: turns with nothing to keep of which something is', '< 5 %', ({ junk, empty }) => share(junk, empty)),
    row('commands understood', '', ({ heard, commands }) => share(heard, commands)),
    row('turns taken for a command that are none', '', ({ misheard }) => String(misheard)),
    row('in quarantine until said again: right', '', (tally) => share(tally.quarantinedRight, tally.quarantined)),
  ];
  return { table, mistakes, failures };
}

export function asLines(mistakes: readonly Mistake[]): string {
  return mistakes
    .map(
      ({ dialogue, turn, how, said, what }) => `${how.padEnd(8)} ${dialogue}/${turn} [${what}] ${JSON.stringify(said)}`,
    )
    .join('\n');
}

function failuresOf(half: Half, { right, kept, found, expected, junk, empty }: Tally): string[] {
  const failed = [
    right / kept >= MUST.precision ? [] : [`precision ${share(right, kept)}`],
    found / expected >= MUST.recall ? [] : [`recall ${share(found, expected)}`],
    junk / empty < MUST.junk ? [] : [`junk ${share(junk, empty)}`],
  ];
  return failed.flat().map((what) => `${half}: ${what}`);
}

function sumOf(tallies: readonly Tally[]): Tally {
  const sum = nothing();
  for (const tally of tallies) for (const name of Object.keys(sum) as (keyof Tally)[]) sum[name] += tally[name];
  return sum;
}

function share(part: number, all: number): string {
  return all === 0 ? '–' : `${((100 * part) / all).toFixed(1)} % (${part}/${all})`;
}

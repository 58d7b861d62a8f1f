import { type Command, InvalidArgumentError } from 'commander';

import type { UsageFiguresView, UsageRowView, UsageView } from '../../server/views.ts';
import { formatDuration } from '../../shared/units.ts';
import { plainLine } from '../plain.ts';
import { print, queryOf } from '../rag/connection.ts';
import { tableLines } from '../table.ts';
import { open, userDataCommand, type UserOptions } from './connection.ts';

interface UsageOptions extends UserOptions {
  readonly user?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by?: string;
  readonly csv?: boolean;
}

const GROUPS = ['day', 'user', 'key', 'expert'] as const;

export function usageCommand(): Command {
  return userDataCommand(
    'usage',
    'Shows what was used: requests, tokens and the time that engines took, of the last 30 days. Of whom a key speaks for, too.',
  )
    .option('-u, --user <name>', 'of this user, and of those whom its keys speak for (default: of everybody)')
    .option('--from <day>', 'from this day on (UTC), e.g. 2026-11-01', day)
    .option('--to <day>', 'up to this day', day)
    .option(
      '--by <groups>',
      `grouped by ${GROUPS.join(', ')}, or several with commas between (default: user; of one: day,expert)`,
      groups,
    )
    .option('--csv', 'print CSV, for a spreadsheet')
    .addHelpText(
      'after',
      `
Examples:
  orchestrator user usage
  orchestrator user usage --user ana --from 2026-11-01
  orchestrator user usage --by day,user,key,expert --csv > usage.csv`,
    )
    .action(async ({ user, from, to, by = user === undefined ? 'user' : 'day,expert', ...options }: UsageOptions) => {
      const client = open(options);
      const query = { user, from, to, by };
      if (options.csv) {
        const response = await client.open(`/api/usage${queryOf({ ...query, format: 'csv' })}`);
        for await (const part of response) process.stdout.write(part as Buffer);
        return;
      }
      const view = await client.json<UsageView>(`/api/usage${queryOf(query)}`);
      print(options, view, () => (view.rows.length === 0 ? [] : table(view, by)));
      if (options.json || view.rows.length > 0) return;
      process.stderr.write(
        view.kept
          ? `nothing was used from ${view.from} to ${view.to}\n`
          : 'nothing is kept where nobody has to say who they are; `security: { auth: keys }` or `users` in the profile keeps it\n',
      );
    });
}

function table({ rows, totals }: UsageView, by: string): string[] {
  const shown = GROUPS.filter((group) => by.split(',').includes(group));
  const head = [...shown.map((group) => group.toUpperCase()), 'REQUESTS', 'REFUSED', 'PROMPT', 'GENERATED', 'TIME'];
  const lines = rows.map((row) => [...shown.map((group) => nameOf(row, group)), ...figuresOf(row)]);
  const sum = [...shown.map((_, index) => (index === 0 ? 'all' : '')), ...figuresOf(totals)];
  const right = head.flatMap((_, index) => (index < shown.length ? [] : [index]));
  return tableLines(rows.length > 1 ? [head, ...lines, sum] : [head, ...lines], right);
}

function nameOf(row: UsageRowView, group: (typeof GROUPS)[number]): string {
  return plainLine(row[group] || '-');
}

function figuresOf({ requests, refused, promptTokens, generatedTokens, engineMs }: UsageFiguresView): string[] {
  return [...[requests, refused, promptTokens, generatedTokens].map(String), formatDuration(engineMs)];
}

function day(value: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(value) && Number.isFinite(Date.parse(value))) return value;
  throw new InvalidArgumentError('it is a day such as 2026-11-21.');
}

function groups(value: string): string {
  if (value.split(',').every((one) => (GROUPS as readonly string[]).includes(one))) return value;
  throw new InvalidArgumentError(`it is ${GROUPS.join(', ')}, or several with commas between.`);
}

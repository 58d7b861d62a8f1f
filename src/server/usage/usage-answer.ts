import type { Context } from 'hono';

import { AppError } from '../../shared/errors.ts';
import type { ColdEnvironment } from '../cold-context.ts';
import type { Identity } from '../identity/contract.ts';
import type { UsageView } from '../views.ts';
import { KEPT_DAYS, type UsageBook } from './usage-book.ts';
import { type Group, grouped, GROUPS, toCsv, totalOf } from './usage-groups.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;
/** Without `from`: the last days, today included. */
const USUAL_DAYS = 30;

/** What was used: everybody's for administrators, of others their own and that of those whom their keys speak for. `book` undefined: nothing is kept. */
export async function usageAnswer(context: Context<ColdEnvironment>, book: UsageBook | undefined): Promise<Response> {
  const query = (name: string) => context.req.query(name);
  const to = dayOf(query('to'), 'to') ?? book?.day() ?? new Date().toISOString().slice(0, 10);
  const from = dayOf(query('from'), 'from') ?? daysBefore(to, USUAL_DAYS - 1);
  if (from > to) throw refused('from', '`from` is after `to`.');
  const by = groupsOf(query('by'));
  const user = userOf(context.env.identity, query('user'));
  const all = (await book?.rows(from < daysBefore(to, KEPT_DAYS) ? daysBefore(to, KEPT_DAYS) : from, to)) ?? [];
  const own = user === undefined ? all : all.filter((row) => row.user === user || row.user.startsWith(`${user}/`));
  const rows = grouped(own, by);
  const format = query('format') ?? 'json';
  if (format === 'csv')
    return context.text(toCsv(rows, by), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="usage-${from}-${to}.csv"`,
      'x-content-type-options': 'nosniff',
    });
  if (format !== 'json') throw refused('format', '`format` is json or csv.');
  const view: UsageView = { kept: book !== undefined, from, to, rows, totals: totalOf(rows) };
  return context.json(view);
}

/** Whose rows are asked for; undefined: everybody's. */
function userOf({ user, admin }: Identity, asked: string | undefined): string | undefined {
  if (admin) return asked;
  if (asked === undefined || asked === user || asked.startsWith(`${user}/`)) return asked ?? user;
  throw new AppError('forbidden', 'Only administrators see what others have used.', { param: 'user' });
}

function groupsOf(by: string | undefined): readonly Group[] {
  if (by === undefined) return GROUPS;
  const wanted = by.split(',');
  const unknown = wanted.find((one) => !GROUPS.includes(one as Group));
  if (unknown !== undefined) throw refused('by', `\`by\` takes ${GROUPS.join(', ')}, or several with commas between.`);
  return GROUPS.filter((group) => wanted.includes(group));
}

function dayOf(text: string | undefined, param: string): string | undefined {
  if (text === undefined) return undefined;
  const isDay = DAY.test(text) && new Date(text).toString() !== 'Invalid Date';
  if (isDay && new Date(text).toISOString().startsWith(text)) return text;
  throw refused(param, `\`${param}\` is a day such as 2026-11-21.`);
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

function refused(param: string, message: string): AppError {
  return new AppError('invalid_request', message, { param });
}

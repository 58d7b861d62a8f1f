import type { KeyJson } from '../../server/identity/views.ts';
import { plainLine } from '../plain.ts';
import { tableLines } from '../table.ts';

export function keyTable(keys: readonly KeyJson[]): string[] {
  const rows = keys.map((key) => [
    key.id,
    plainLine(key.user),
    plainLine(key.name) || '-',
    `${plainLine(key.prefix)}…`,
    stateOf(key),
    key.lastUsed === null ? 'never' : key.lastUsed.slice(0, 16).replace('T', ' '),
    plainLine(mayOf(key)),
  ]);
  return tableLines([['ID', 'USER', 'NAME', 'BEGINS', 'STATE', 'LAST USED (UTC)', 'MAY'], ...rows]);
}

function stateOf({ revoked, expires }: KeyJson): string {
  if (revoked !== null) return `revoked ${revoked.slice(0, 10)}`;
  if (expires === null) return 'counts';
  return Date.parse(expires) <= Date.now() ? `ended ${expires.slice(0, 10)}` : `until ${expires.slice(0, 10)}`;
}

/** What it is restricted to, in words. */
function mayOf({ admin, scopes }: KeyJson): string {
  const { experts, routes, actAs, knowledge, memory, rateLimit, budget } = scopes;
  const limits = { ...rateLimit, ...budget };
  const words = [
    ...(admin ? ['manage'] : []),
    ...(actAs ? ['act as others'] : []),
    ...(experts ? [`experts ${experts.join(', ')}`] : []),
    ...(routes ? [`routes ${routes.join(', ')}`] : []),
    ...(knowledge === undefined ? [] : [`documents ${knowledge ? 'on' : 'off'}`]),
    ...(memory === undefined ? [] : [`memory ${memory ? 'on' : 'off'}`]),
    ...Object.entries(limits).flatMap(([name, limit]) =>
      limit === undefined ? [] : [`${LIMITS[name] ?? name} ${limit}`],
    ),
  ];
  return words.join('; ') || 'all that its user may';
}

const LIMITS: Readonly<Record<string, string>> = {
  requestsPerMinute: 'requests a minute',
  tokensPerMinute: 'tokens a minute',
  concurrent: 'at a time',
  requestsPerDay: 'requests a day',
  tokensPerDay: 'tokens a day',
};

/** What `route` says, as text. Pure. */
import type { RouteView, UtteranceView } from '../server/views.ts';
import { tableLines } from './table.ts';

const NUMBERS = [1, 2, 3];
/** Less likely domains say nothing. */
const LEAST = 0.005;
const MOST_TEXT = 80;

/** The sentence, the domains with what speaks for the first, who could serve it, who could not. */
export function routeLines(view: RouteView): string[] {
  return [view.sentence, ...domainLines(view), ...candidateLines(view), ...excludedLines(view)];
}

/** What could be learned from use, one a line. */
export function candidateTable(candidates: readonly UtteranceView[]): string[] {
  if (candidates.length === 0)
    return ['Nothing yet. Candidates are collected where the profile says router.learn: true.'];
  const rows = candidates.map(({ number, status, source, domain, expert, text }) => [
    String(number),
    status,
    source,
    domain,
    expert,
    text.replaceAll(/\s+/g, ' ').slice(0, MOST_TEXT),
  ]);
  return tableLines([['', 'STATUS', 'SOURCE', 'DOMAIN', 'EXPERT', 'TEXT'], ...rows], [0]);
}

function domainLines({ domains, features, language }: RouteView): string[] {
  const likely = Object.entries(domains)
    .filter(([, probability]) => probability >= LEAST)
    .sort(([, one], [, other]) => other - one);
  if (likely.length === 0) return [];
  const [first = '', ...rest] = tableLines(
    [['DOMAIN', 'PROBABILITY'], ...likely.map(([name, probability]) => [name, probability.toFixed(2)])],
    [1],
  );
  const spoke = features.map(({ name, weight }) => `${name} (${weight.toFixed(2)})`).join(', ');
  return [
    '',
    first,
    ...rest,
    ...(spoke === '' ? [] : ['', `spoke for it: ${spoke}`]),
    ...(language === null ? [] : [`language: ${language}`]),
  ];
}

function candidateLines({ candidates, keepLoadedBias }: RouteView): string[] {
  if (candidates.length === 0) return [];
  const rows = candidates.map(({ expert, fit, cost, score, standing }) => [
    expert,
    fit.toFixed(2),
    cost === 0 ? '–' : (cost * keepLoadedBias).toFixed(2),
    score.toFixed(2),
    STANDINGS[standing] ?? standing,
  ]);
  return ['', ...tableLines([['EXPERT', 'FIT', 'LOADING', 'SCORE', 'NOW'], ...rows], NUMBERS)];
}

function excludedLines({ excluded, ignored }: RouteView): string[] {
  const rows = tableLines(excluded.map(({ expert, why }) => [`  ${expert}`, why]));
  return [
    ...(excluded.length === 0 ? [] : ['', 'excluded:', ...rows]),
    ...(ignored.length === 0 ? [] : ['', `let go: ${ignored.join(', ')}`]),
  ];
}

const STANDINGS: Readonly<Record<string, string>> = {
  loaded: 'loaded',
  loading: 'loading',
  asleep: 'asleep',
  fits: 'free room',
  evicts: 'others make room',
  waits: 'others are busy',
  refused: 'not to be loaded now',
  never: 'too large',
  failed: 'failed',
};

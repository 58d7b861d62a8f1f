import robotsParser from 'robots-parser';

import { AppError, messageOf } from '../../shared/errors.ts';
import { refused } from './allow-list.ts';

/** What was got for a robots.txt: its text, or null where the site has none. Rejects where that cannot be known. */
export type FetchRobots = (url: URL, signal: AbortSignal) => Promise<string | null>;

interface Rules {
  isAllowed(url: string, agent: string): boolean | undefined;
  getCrawlDelay(agent: string): number | undefined;
}

type Answer = { readonly rules: Rules; readonly text: string } | { readonly error: unknown };

// Its types speak of an ES module; it is a CommonJS one, whose default is the function itself.
const parse = robotsParser as unknown as (url: string, text: string) => Rules;

/** The name that a robots.txt calls us by. */
const AGENT = 'Orchestrator';
/** RFC 9309 asks for no more than a day. */
const KEPT_MS = 24 * 3_600_000;
/** What could not be had is asked for again soon. */
const FAILED_KEPT_MS = 5 * 60_000;
/** A site that wants more between two pages than this gets this. */
const MOST_PAUSE_MS = 10_000;
const MOST_ORIGINS = 200;
/** Rules with a `*` cost their length times that of the path to compare: some ten milliseconds at most. */
const MOST_STEPS = 5_000_000;

/** What the robots.txt of each site allows. */
export class Robots {
  readonly #entries = new Map<string, { readonly answer: Answer; readonly until: number }>();
  readonly #fetch: FetchRobots;

  constructor(fetch: FetchRobots) {
    this.#fetch = fetch;
  }

  /**
   * Milliseconds that the site wants between two requests, where it lets this page be fetched.
   * @throws AppError `web_refused` where it does not; where what it wants cannot be known, why.
   */
  async ensureAllowed(url: URL, signal: AbortSignal): Promise<number> {
    const answer = await this.#read(url, signal);
    if ('error' in answer) throw unknown(url, answer.error);
    const { rules, text } = answer;
    if (stepsOf(text, url) > MOST_STEPS)
      throw refused(`${url.host} was not asked for the page: its robots.txt is too intricate to be read.`);
    if (rules.isAllowed(url.href, AGENT) === false)
      throw refused(`The robots.txt of ${url.host} does not allow this page to be fetched by programs.`);
    return Math.min(Math.max(0, (rules.getCrawlDelay(AGENT) ?? 0) * 1_000), MOST_PAUSE_MS);
  }

  async #read(url: URL, signal: AbortSignal): Promise<Answer> {
    const known = this.#entries.get(url.origin);
    if (known && known.until > performance.now()) return known.answer;
    const address = new URL('/robots.txt', url);
    const answer: Answer = await this.#fetch(address, signal).then(
      (text) => ({ rules: parse(address.href, text ?? ''), text: text ?? '' }),
      (error: unknown) => ({ error }),
    );
    // Who gives up waiting has not found out anything.
    if ('error' in answer) signal.throwIfAborted();
    this.#keep(url.origin, answer);
    return answer;
  }

  #keep(origin: string, answer: Answer): void {
    this.#entries.delete(origin);
    this.#entries.set(origin, { answer, until: performance.now() + ('error' in answer ? FAILED_KEPT_MS : KEPT_MS) });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ORIGINS && oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** As what went wrong, so that a person sees whether it is the host or the rules. */
function unknown(url: URL, error: unknown): AppError {
  const { code, retryAfterSeconds } =
    error instanceof AppError ? error : { code: 'web_unavailable' as const, retryAfterSeconds: undefined };
  const message = `${url.host} was not asked for the page: its robots.txt could not be read (${messageOf(error)})`;
  return new AppError(code, message, { cause: error, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
}

function stepsOf(text: string, url: URL): number {
  let characters = 0;
  for (const line of text.split(/[\r\n]/)) if (line.includes('*')) characters += line.length;
  return characters * (url.pathname.length + url.search.length);
}

import type { Readable } from 'node:stream';

import { request } from 'undici';

import { networkSentence } from '../../models/http.ts';
import { runningNow, runningTimeout } from '../../shared/clock.ts';
import { AppError, toAppError } from '../../shared/errors.ts';
import { Limiter } from '../../shared/limiter.ts';
import { VERSION } from '../../shared/version.ts';
import { type AddressRules, checkedUrl, refused } from './allow-list.ts';
import { ACCEPTED_ENCODINGS, readBounded } from './bounded-body.ts';
import { HostQueue, retryAfterMs } from './host-queue.ts';
import { type Net, openPinned, realNet } from './pinned-agent.ts';
import { Robots } from './robots.ts';
import type { WebSettings } from './settings.ts';

export interface ExchangesOptions {
  /** As they are now: a reload changes them. */
  readonly settings: () => WebSettings;
  /** The net itself, but in tests. */
  readonly net?: Net | undefined;
  /** Milliseconds between two requests to one host. */
  readonly pauseMs?: number | undefined;
}

export interface Wanted {
  /** MIME types; empty: any. */
  readonly types: readonly string[];
  readonly signal: AbortSignal;
  /** Whose robots.txt is not asked: that of an API, which is documented for programs, or nobody's (for a robots.txt itself). */
  readonly withoutRobots?: 'of-first-origin' | 'at-all' | undefined;
  /** An origin that the operator named by itself, wherever it is. */
  readonly ownOrigin?: string | undefined;
}

/** A 200 whose body has not been read. */
export interface Answered {
  readonly url: URL;
  readonly mime: string;
  readonly charset: string | undefined;
  /** Hands the body to `sink`, unpacked and bounded. */
  readonly read: <T>(sink: (chunks: AsyncIterable<Buffer>) => Promise<T>) => Promise<T>;
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'busy'; readonly error: AppError };

const MOST_REDIRECTS = 5;
const MOST_AT_ONCE = 4;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const ROBOTS_LIMIT = 512 << 10;
/** What 202 means at DuckDuckGo: we are taken for a robot. Asking again makes that worse. */
const BLOCKED_MS = 600_000;
/** Whoever fetches from here must be reachable, by their rules. */
const WANT_CONTACT =
  /(?:^|\.)(?:wiki(?:pedia|media|data|books|news|quote|source|versity|voyage)|wiktionary|mediawiki)\.org$/;

/** GET by the rules of `knowledge.web`: one hop at a time, each of them checked anew. */
export class Exchanges {
  readonly #settings: () => WebSettings;
  readonly #net: Net;
  readonly #queue: HostQueue;
  readonly #robots = new Robots((url, signal) => this.#fetchRobots(url, signal));
  readonly #limiter = new Limiter(MOST_AT_ONCE);

  constructor({ settings, net = realNet, pauseMs }: ExchangesOptions) {
    this.#settings = settings;
    this.#net = net;
    this.#queue = new HostQueue(pauseMs);
  }

  /** Hands the answer of the last hop to `use`, while it is being received. */
  async get<T>(address: string, wanted: Wanted, use: (answer: Answered) => Promise<T>): Promise<T> {
    const check = (text: string, base?: URL) => checkedUrl(text, this.#rules(wanted), base);
    const first = check(address);
    let leftMs = this.#settings().timeout;
    let url = first;
    for (let [redirects, tries] = [0, 0]; ;) {
      refuseWithoutContact(url, this.#settings());
      const isOwn = url.origin === wanted.ownOrigin;
      const { withoutRobots } = wanted;
      const isExempt = isOwn || withoutRobots === 'at-all' || (withoutRobots && url.origin === first.origin);
      const pauseMs = isExempt ? 0 : await this.#robots.ensureAllowed(url, wanted.signal);
      const turn = () =>
        this.#limiter.run(async () => {
          // A reload may have changed what is allowed while this waited for its turn.
          check(url.href);
          const hop = { url, isOwn, settings: this.#settings(), wanted };
          const start = runningNow();
          try {
            return await this.#exchange(hop, leftMs, use);
          } finally {
            leftMs -= runningNow() - start;
          }
        });
      const outcome = await this.#queue.run(url.hostname, turn, wanted.signal, pauseMs);
      if (outcome.kind === 'done') return outcome.value;
      if (outcome.kind === 'busy') {
        // Once more where the host asks for little patience; where for much, the queue says so.
        if ((tries += 1) > 1) throw outcome.error;
        continue;
      }
      if ((redirects += 1) > MOST_REDIRECTS)
        throw new AppError('web_unavailable', `${first.host} redirects more than ${MOST_REDIRECTS} times.`);
      const next = check(outcome.location, url);
      if (url.protocol === 'https:' && next.protocol === 'http:')
        throw refused(`${url.host} redirects from https to http (${next.host}), which is not followed.`);
      url = next;
    }
  }

  #rules({ ownOrigin }: Wanted): AddressRules {
    const { enabled, allow } = this.#settings();
    if (enabled) return { allow, ownOrigin };
    throw refused('Nothing is fetched from the web: set knowledge.web.enabled in the profile to allow it.');
  }

  async #exchange<T>(
    { url, isOwn, settings, wanted }: Hop,
    leftMs: number,
    use: (answer: Answered) => Promise<T>,
  ): Promise<Outcome<T>> {
    const deadline = runningTimeout(Math.max(leftMs, 0));
    const signal = AbortSignal.any([wanted.signal, deadline]);
    try {
      const agent = await openPinned(url, { net: this.#net, isOwn, signal });
      try {
        const headers = {
          'user-agent': userAgent(settings),
          accept: wanted.types.length > 0 ? wanted.types.join(', ') : '*/*',
          'accept-encoding': ACCEPTED_ENCODINGS,
        };
        const response = await request(url, { dispatcher: agent, headers, signal });
        // A body that is given up fails once more by itself, when nobody listens any longer.
        response.body.on('error', () => {});
        return await this.#judge(response, { url, settings, wanted, signal }, use);
      } finally {
        agent.destroy().catch(() => undefined);
      }
    } catch (error) {
      wanted.signal.throwIfAborted();
      if (deadline.aborted)
        throw new AppError(
          'web_unavailable',
          `${url.host} did not give the page within ${settings.timeout / 1_000} s (knowledge.web.timeout).`,
          { cause: error },
        );
      // What is known already: a refusal, a full disk.
      const known = toAppError(error);
      if (known.code !== 'internal') throw known;
      throw new AppError('web_unavailable', `${url.host}: ${networkSentence(error)}.`, { cause: error });
    }
  }

  async #judge<T>(
    response: { readonly statusCode: number; readonly headers: RawHeaders; readonly body: Readable },
    { url, settings, wanted, signal }: Omit<Hop, 'isOwn'> & { readonly signal: AbortSignal },
    use: (answer: Answered) => Promise<T>,
  ): Promise<Outcome<T>> {
    const { statusCode: status, body } = response;
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
    );
    const location = headers['location'];
    if (REDIRECTS.has(status) && location !== undefined) return { kind: 'redirect', location };
    const host = url.hostname;
    if (status === 202) {
      this.#queue.hold(host, BLOCKED_MS);
      throw new AppError(
        'web_unavailable',
        `${host} takes us for a robot (202): it is not asked again for ten minutes.`,
        {
          retryAfterSeconds: BLOCKED_MS / 1_000,
        },
      );
    }
    if (status === 429 || status === 503) {
      this.#queue.hold(host, retryAfterMs(headers['retry-after'], Date.now()));
      return { kind: 'busy', error: new AppError('web_unavailable', `${host} is busy (${status}). Try again later.`) };
    }
    if (status !== 200) throw new UpstreamStatus(host, status);
    this.#queue.settle(host);
    const { mime, charset } = readType(headers['content-type']);
    if (wanted.types.length > 0 && !wanted.types.includes(mime))
      throw new AppError(
        'web_unavailable',
        `${host} gave ${mime === '' ? 'something of no known type' : mime.slice(0, 80)}, which is not read: ${wanted.types.join(', ')} are.`,
      );
    const read = <Value>(sink: (chunks: AsyncIterable<Buffer>) => Promise<Value>) =>
      readBounded(
        { body, headers },
        { limits: { bytes: settings.pageSize }, from: `The page of ${host}`, signal },
        sink,
      );
    return { kind: 'done', value: await use({ url, mime, charset, read }) };
  }

  /** RFC 9309: what is not there allows everything; who cannot be asked allows nothing. */
  async #fetchRobots(url: URL, signal: AbortSignal): Promise<string | null> {
    try {
      return await this.get(url.href, { types: [], signal, withoutRobots: 'at-all' }, ({ read }) =>
        read(async (chunks) => {
          let text = '';
          const decoder = new TextDecoder();
          for await (const chunk of chunks)
            if (text.length < ROBOTS_LIMIT) text += decoder.decode(chunk, { stream: true });
          return text;
        }),
      );
    } catch (error) {
      if (error instanceof UpstreamStatus && error.upstream >= 400 && error.upstream < 500) return null;
      throw error;
    }
  }
}

interface Hop {
  readonly url: URL;
  readonly isOwn: boolean;
  readonly settings: WebSettings;
  readonly wanted: Wanted;
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A status that is neither success nor one that patience helps against. */
export class UpstreamStatus extends AppError {
  readonly upstream: number;

  constructor(host: string, status: number) {
    super('web_unavailable', `${host} answered ${status}${status === 404 ? ': there is no such page' : ''}.`);
    this.upstream = status;
  }
}

function refuseWithoutContact(url: URL, { contact }: WebSettings): void {
  const host = url.hostname;
  if (contact === undefined && WANT_CONTACT.test(host))
    throw refused(
      `${host} answers only programs whose operator can be reached: set knowledge.web.contact in the profile to a URL or e-mail address of yours.`,
    );
}

function userAgent({ contact }: WebSettings): string {
  return `Orchestrator/${VERSION}${contact === undefined ? '' : ` (+${contact})`}`;
}

function readType(header: string | undefined): { mime: string; charset: string | undefined } {
  const [mime = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const charset = parameters.find((one) => /^charset=/i.test(one))?.slice('charset='.length);
  return { mime: mime.toLowerCase(), charset: charset?.replace(/^"|"$/g, '') };
}

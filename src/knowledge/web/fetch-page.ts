import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { AppError } from '../../shared/errors.ts';
import type { FetchedPage } from '../contract.ts';
import { toUtf8 } from './charset.ts';
import { type Answered, Exchanges, type ExchangesOptions } from './exchanges.ts';

/** What a page may be, and what the server is asked for. */
const PAGE_TYPES = [
  'text/html',
  'application/xhtml+xml',
  'text/plain',
  'text/markdown',
  'application/json',
  'application/pdf',
];
/** An API answers in JSON; DuckDuckGo's calls that a script. */
const API_TYPES = ['application/json', 'application/x-javascript', 'application/javascript', 'text/javascript'];

export interface WebClientOptions extends ExchangesOptions {
  /** Where pages are laid, under names of ours. */
  readonly folder: string;
}

/** The one way out of this machine for knowledge: every address, every redirect and every robots.txt goes through here. */
export class WebClient {
  readonly #exchanges: Exchanges;
  readonly #folder: string;

  constructor(options: WebClientOptions) {
    this.#exchanges = new Exchanges(options);
    this.#folder = options.folder;
  }

  /**
   * A page as a file.
   * @throws AppError `web_refused` where the profile, the address behind the name or the site does not allow it; `web_unavailable`
   *   where the site does not give it in time, size and kind.
   */
  async fetchPage(url: string, signal: AbortSignal = new AbortController().signal): Promise<FetchedPage> {
    return this.#exchanges.get(url, { types: PAGE_TYPES, signal }, (answer) => this.#spool(answer));
  }

  /**
   * What an API says, which is documented for programs and therefore not asked of robots.txt. `ownOrigin`: an origin that the
   * operator named by itself, wherever it is.
   * @throws AppError as `fetchPage`.
   */
  async fetchJson(
    url: string,
    { ownOrigin, signal }: { readonly ownOrigin?: string | undefined; readonly signal: AbortSignal },
  ): Promise<unknown> {
    return this.#exchanges.get(
      url,
      { types: API_TYPES, signal, withoutRobots: 'of-first-origin', ownOrigin },
      async ({ read, url: from }) => {
        const parts: Buffer[] = [];
        await read(async (chunks) => {
          for await (const chunk of chunks) parts.push(chunk);
        });
        try {
          return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
        } catch (cause) {
          throw new AppError('web_unavailable', `${from.host} did not answer with JSON.`, { cause });
        }
      },
    );
  }

  async #spool({ read, mime, charset, url }: Answered): Promise<FetchedPage> {
    const path = join(this.#folder, `page-${randomUUID()}`);
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    try {
      await read((chunks) => pipeline(toUtf8(chunks, mime, charset), file));
    } catch (error) {
      // Its opening may still be under way, and would bring it back.
      await new Promise<void>((resolve) => {
        if (file.closed) return resolve();
        file.once('close', () => resolve());
        file.destroy();
      });
      await rm(path, { force: true });
      throw error;
    }
    if (file.bytesWritten === 0) {
      await rm(path, { force: true });
      throw new AppError('web_unavailable', `${url.host} answered with an empty page.`);
    }
    return { path, mime, bytes: file.bytesWritten, finalUrl: url.href, fetched: Date.now() };
  }
}

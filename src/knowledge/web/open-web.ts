import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Web } from '../contract.ts';
import { documentLanguage } from '../extract/language.ts';
import type { ExchangesOptions } from './exchanges.ts';
import { WebClient } from './fetch-page.ts';
import { learn } from './learn.ts';

export interface WebOptions extends ExchangesOptions {
  /** Of its own: what an earlier process has left there is swept away. */
  readonly folder: string;
  /** `router.primaryLanguages` of the profile, as they are now. */
  readonly languages: () => readonly string[];
}

/** The web, as far as the profile lets it in. Opens no connection by itself. */
export function openWeb(options: WebOptions): Web {
  const { folder, settings } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of readdirSync(folder)) rmSync(join(folder, file), { recursive: true, force: true });
  const client = new WebClient(options);
  const closing = new AbortController();
  const until = (signal: AbortSignal | undefined) =>
    signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  return {
    fetchPage: (url, signal) => client.fetchPage(url, until(signal)),
    learn: async (topic, signal) => {
      // A topic in another language of the user's is looked up there first.
      const language = documentLanguage(topic, 'text');
      const languages = [...new Set([...(language === null ? [] : [language]), ...options.languages()])];
      return learn(topic, { settings: settings(), client, languages, folder, signal: until(signal) });
    },
    close: async () => closing.abort(new DOMException('The orchestrator is stopping', 'AbortError')),
  };
}

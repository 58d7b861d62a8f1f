import { isIP } from 'node:net';

import { AppError } from '../../shared/errors.ts';

/** What the operator has allowed, as far as an address can be judged before anybody is asked where it leads. */
export interface AddressRules {
  /** Names, or `*.` and a name: every host below it. */
  readonly allow: readonly string[];
  /** An origin that the operator named beside the list, with whatever host and port it has. */
  readonly ownOrigin?: string | undefined;
}

/** Longer addresses are made to break something. */
const MOST_CHARACTERS = 2_000;

/**
 * The address of a page, checked for scheme, credentials, port and host: nothing has been looked up yet.
 * @throws AppError `web_refused` with what to change.
 */
export function checkedUrl(text: string, rules: AddressRules, base?: URL): URL {
  if (text.length > MOST_CHARACTERS) throw refused(`The address is longer than ${MOST_CHARACTERS} characters.`);
  const url = parse(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refused(`${url.protocol} addresses are not fetched: only http: and https: are.`);
  if (url.username !== '' || url.password !== '')
    throw refused(`The address for ${url.hostname} has a name or password in it: leave that out.`);
  url.hash = '';
  // One name for one host, in the queue, in certificates and in the list.
  url.hostname = url.hostname.replace(/\.$/, '');
  if (url.origin === rules.ownOrigin) return url;
  const host = url.hostname;
  if (isAddress(url.hostname))
    throw refused(`${url.hostname} is the number of a machine: only names of hosts are fetched from.`);
  if (!host.includes('.') || /(?:^|\.)localhost$/.test(host))
    throw refused(`${host} is a name of this machine or its network: only hosts of the web are fetched from.`);
  // A port that is not the scheme's own is there; https on 80 would be one, too.
  if (url.port !== '')
    throw refused(`${url.host} names port ${url.port}: only 80 for http and 443 for https are fetched from.`);
  if (!isAllowed(host, rules.allow))
    throw refused(
      `${host} is not among the hosts that may be fetched from. Add it to knowledge.web.allow in the profile, if you trust it.`,
    );
  return url;
}

/** Whether a host is on the list: lower case, as punycode, without a dot at its end. */
export function isAllowed(host: string, allow: readonly string[]): boolean {
  return allow.some((entry) =>
    entry.startsWith('*.') ? host.endsWith(entry.slice(1)) && host.length > entry.length - 1 : host === entry,
  );
}

export function refused(message: string, options?: ErrorOptions): AppError {
  return new AppError('web_refused', message, options);
}

/** The URL has made 127.0.0.1 of every way to write a number: 2130706433, 0x7f.1, 0177.0.0.1, ①②⑦.0.0.1. */
function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

function parse(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base);
  } catch {
    // No address is repeated here: it may be as long and as odd as its writer likes.
    throw refused(
      'This is not an address that can be fetched: it should look like https://es.wikipedia.org/wiki/Aconcagua.',
    );
  }
}

import { isIPv4, isIPv6 } from 'node:net';

/** A name of 253 characters, a colon and a port. What is longer is not worth remembering a verdict for. */
const LONGEST_HOST = 259;

/**
 * DNS rebinding: a page on evil.example makes its name resolve to this machine, and the browser then talks to us as if we were that
 * site. What gives it away is the `Host` header, so a host must be one that is ours: a loopback name or address, the very address
 * that the connection came in on, the host we were told to bind, or one that the profile lists.
 */
export class HostCheck {
  readonly #names: ReadonlySet<string>;
  /** Verdicts by header and local address: the same few come with every request. */
  readonly #known = new Map<string, boolean>();
  /** The last one, found without making a key. */
  #last: { readonly header: string; readonly localAddress: string | undefined; readonly verdict: boolean } | undefined;

  constructor(names: readonly string[]) {
    this.#names = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  }

  allows(header: string | undefined, localAddress: string | undefined): boolean {
    if (header === undefined || header.length > LONGEST_HOST) return false;
    const last = this.#last;
    if (last && last.header === header && last.localAddress === localAddress) return last.verdict;
    const key = `${header} ${localAddress}`;
    const verdict = this.#known.get(key) ?? this.#decide(header, localAddress);
    if (this.#known.size > 1_000) this.#known.clear();
    this.#known.set(key, verdict);
    this.#last = { header, localAddress, verdict };
    return verdict;
  }

  #decide(header: string, localAddress: string | undefined): boolean {
    const host = hostOf(header);
    if (host === undefined) return false;
    if (this.#names.has(host)) return true;
    if (isLoopback(host)) return true;
    if (isIPv4(host) || isIPv6(host)) return host === plainAddress(localAddress);
    return false;
  }
}

/** The host of a `Host` header, lower case, without port and brackets; undefined where it is malformed. */
function hostOf(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** `::ffff:10.0.0.1` → `10.0.0.1`. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '').toLowerCase();
}

/**
 * Whether a request with this `Origin` may be served: programs send none; a page served by ourselves has our own. `null` (sandboxed
 * frames, files) and every other site are refused, whatever the method.
 */
export function originAllowed(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}

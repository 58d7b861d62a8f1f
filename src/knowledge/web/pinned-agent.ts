import { lookup as lookupName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';

import { Agent, buildConnector } from 'undici';

import { networkSentence } from '../../models/http.ts';
import { AppError } from '../../shared/errors.ts';
import { Limiter } from '../../shared/limiter.ts';
import { addressProblem } from './address.ts';
import { refused } from './allow-list.ts';
import { orAbort } from './or-abort.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** How names become addresses and addresses connections: what tests put in the place of the net, and no profile can. */
export interface Net {
  resolve(host: string): Promise<readonly Address[]>;
  connector(lookup: LookupFunction): buildConnector.connector;
}

const CONNECT_TIMEOUT_MS = 4_000;

/** A lookup cannot be stopped, and holds one of the four threads that also read files. */
const lookups = new Limiter(2);

export const realNet: Net = {
  // What the machine itself says of a name, /etc/hosts included: it is checked all the same.
  resolve: (host) => lookups.run(() => lookupName(host, { all: true, verbatim: true })),
  connector: (lookup) =>
    buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      allowH2: false,
      maxCachedSessions: 0,
      autoSelectFamily: true,
      lookup,
    }),
};

/**
 * Connections for one exchange: the name is asked for once, every address of the answer is checked, and the connection goes to
 * one of these, whatever the name would lead to a moment later. `isOwn`: the operator named this very host, wherever it is.
 * To be destroyed after the exchange.
 * @throws AppError `web_refused` where one address is not of the public web, `web_unavailable` where there is none.
 */
export async function openPinned(
  url: URL,
  { net, isOwn, signal }: { readonly net: Net; readonly isOwn: boolean; readonly signal: AbortSignal },
): Promise<Agent> {
  const host = url.hostname;
  // The number of a machine needs no answer; nobody else's comes this far.
  const addresses = isOwn && isIP(host.replace(/^\[|\]$/g, '')) !== 0 ? [] : await addressesOf(host, net, signal);
  if (!isOwn) {
    for (const { address } of addresses) {
      const problem = addressProblem(address);
      if (problem !== undefined)
        throw refused(
          `${host} leads to ${address}, which is ${problem}: only addresses of the public web are fetched from.`,
        );
    }
  }
  return new Agent({ connect: net.connector(pinnedTo(addresses)), connections: 1, pipelining: 1 });
}

async function addressesOf(host: string, net: Net, signal: AbortSignal): Promise<readonly Address[]> {
  // The system's resolver cannot be stopped: it is left behind.
  const answer = net.resolve(host).catch((error: unknown) => {
    throw new AppError('web_unavailable', `${host}: ${networkSentence(error)}.`, { cause: error });
  });
  const addresses = await orAbort(answer, signal);
  if (addresses.length === 0) throw new AppError('web_unavailable', `${host} has no address.`);
  return addresses;
}

function pinnedTo(addresses: readonly Address[]): LookupFunction {
  return (_host, options, callback) => {
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
    const fitting = addresses.filter((one) => family === 0 || one.family === family);
    const [first] = fitting;
    if (!first) callback(Object.assign(new Error('no address of this family'), { code: 'ENOTFOUND' }), '');
    else if (options.all) callback(null, [...fitting]);
    else callback(null, first.address, first.family);
  };
}

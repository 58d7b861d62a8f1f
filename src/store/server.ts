import type { ConnectOptions, Surreal } from 'surrealdb';

import { answered, type Connection, reasonOf, runStatement, SessionEnded, Unanswered } from './connection.ts';
import type { TimeLimits } from './embedded.ts';

/** A SurrealDB server, and a user of one of its databases. */
export interface ServerPlace {
  readonly kind: 'server';
  /** `ws://HOST:PORT` or `wss://HOST`. */
  readonly url: string;
  readonly namespace: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
}

/** The advisories that hold for older ones: README.md beside this file. */
const OLDEST = [3, 1, 0] as const;
const CLOSE_MS = 1_000;

/**
 * Connects as a user of one database, and makes sure that it is no more than that.
 * @throws Error that says why the server cannot be used, or is not to be used.
 */
export async function connectServer(place: ServerPlace, limits: TimeLimits): Promise<Connection> {
  const { namespace, database: name, username, password } = place;
  const session = await open(place, limits, { authentication: { namespace, database: name, username, password } });
  try {
    const version = (await answered(() => session.database.version(), limits.callMs, session.lost)).version;
    checkVersion(version);
    const ask = (statement: string) => refused(session, statement, limits.callMs);
    if (!(await ask('INFO FOR ROOT')) || !(await ask('INFO FOR NS'))) {
      throw new Error(
        `${place.url}: “${username}” has rights beyond the database ${namespace}/${name}; use a user of that database alone, with the role EDITOR`,
      );
    }
    await checkGuests(place, limits);
    return {
      version: version.replace(/^surrealdb-/, ''),
      lost: session.lost,
      run: (statement, values) =>
        runStatement(session.database, statement, { values, timeoutMs: limits.callMs, lost: session.lost }),
      close: () => session.close(),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

interface Session {
  readonly database: Surreal;
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

async function open(place: ServerPlace, limits: TimeLimits, options: ConnectOptions): Promise<Session> {
  const { Surreal, createRemoteEngines } = await import('surrealdb');
  const lost = new AbortController();
  const failed = (error: unknown) => lost.abort(`${place.url}: ${reasonOf(error)}`);
  const remote = createRemoteEngines();
  const engines = Object.fromEntries(
    (['ws', 'wss'] as const).map((scheme): [string, NonNullable<(typeof remote)['ws']>] => [
      scheme,
      (context) => {
        const make = remote[scheme];
        if (make === undefined) throw new Error(`the SDK does not know ${scheme}://`);
        const engine = make(context);
        engine.subscribe('error', failed);
        // Nobody waits for the SDK's own pings: one that is cut off would be a rejection that nobody handles.
        const sending = engine as unknown as { send: (request: unknown) => Promise<unknown> };
        const send = sending.send.bind(engine);
        sending.send = (request) => {
          const answer = send(request);
          answer.catch(() => undefined);
          return answer;
        };
        return engine;
      },
    ]),
  );
  const database = new Surreal({ engines });
  database.subscribe('disconnected', () => lost.abort(`${place.url}: the connection ended`));
  database.subscribe('error', failed);
  const close = async () => {
    lost.abort(`${place.url}: the connection was closed`);
    // A server that hangs never answers a farewell.
    await answered(() => database.close(), CLOSE_MS).catch(() => undefined);
  };
  try {
    // The SDK would send again what was cut off, whether or not it had been carried out: we connect anew ourselves.
    const connecting = () => database.connect(place.url, { ...options, reconnect: false, versionCheck: false });
    await answered(connecting, limits.connectMs, lost.signal);
  } catch (error) {
    await close();
    throw new Error(`no connection to the database server ${place.url}: ${reasonOf(error)}`, { cause: error });
  }
  return { database, lost: lost.signal, close };
}

/** @throws Error for one that is too old, and for what is no version. A forerunner (`3.1.0-beta.3`) is older than its version. */
export function checkVersion(version: string): void {
  const match = /(\d+)\.(\d+)\.(\d+)(-)?/.exec(version);
  const found = match?.slice(1, 4).map(Number) ?? [];
  const difference = OLDEST.map((part, index) => (found[index] ?? 0) - part).find((each) => each !== 0) ?? 0;
  if (difference > 0 || (difference === 0 && match?.[4] === undefined)) return;
  throw new Error(
    `the database server is ${version}; versions before ${OLDEST.join('.')} have known holes: upgrade the server`,
  );
}

/** Whether the server forbids a statement. */
async function refused({ database, lost }: Session, statement: string, timeoutMs: number): Promise<boolean> {
  try {
    await runStatement(database, statement, { values: undefined, timeoutMs, lost });
    return false;
  } catch (error) {
    if (error instanceof Unanswered && !(error instanceof SessionEnded)) throw error;
    return true;
  }
}

/** Somebody without a name must not get anything carried out: else whoever reaches the port reads all documents. */
async function checkGuests(place: ServerPlace, limits: TimeLimits): Promise<void> {
  const guest = await open(place, limits, {});
  try {
    if (await refused(guest, 'RETURN 1', limits.callMs)) return;
    throw new Error(
      `${place.url} answers without a password; start it without --unauthenticated and --allow-guests (--allow-all includes it)`,
    );
  } finally {
    await guest.close();
  }
}

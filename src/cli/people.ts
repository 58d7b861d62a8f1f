/** How commands ask about what is kept of a person: memories, conversations, feedback. */
import { Command } from 'commander';

import { delay } from '../shared/clock.ts';
import { CliError } from '../shared/errors.ts';
import {
  type Client,
  connect,
  type ConnectionOptions,
  Refusal,
  type RequestOptions,
  withConnectionOptions,
} from './client.ts';

export interface PersonOptions extends ConnectionOptions {
  readonly user?: string;
  readonly json?: boolean;
}

const OPENS_WITHIN_MS = 15_000;
const POLL_MS = 100;

/** What erased texts leave behind, said wherever something is erased. */
export const REMAINS =
  'no answer gets it any more. Its bytes stay in the files of an embedded store until that is written anew: `orchestrator down`, then `orchestrator store rewrite`';

/** A command about one user, with what all of them take. */
export function personCommand(name: string, description: string): Command {
  return withConnectionOptions(
    new Command(name)
      .description(description)
      .option('-u, --user <name>', 'whose (as the person at this machine; default: your own)'),
  );
}

/** One that prints data. */
export function personDataCommand(name: string, description: string): Command {
  return personCommand(name, description).option('--json', 'print JSON');
}

/** Asks in the name of one user. */
export class Person {
  readonly #client: Client;
  readonly #name: string | undefined;

  constructor(client: Client, name: string | undefined) {
    this.#client = client;
    this.#name = name;
  }

  json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#client.json<T>(path, this.#as(options));
  }

  open(path: string, options: RequestOptions = {}) {
    return this.#client.open(path, this.#as(options));
  }

  #as(options: RequestOptions): RequestOptions {
    return this.#name === undefined
      ? options
      : { ...options, headers: { ...options.headers, 'x-orchestrator-user': this.#name } };
  }
}

/**
 * The person that the options mean, of a running orchestrator that keeps what `path` lists.
 * @throws CliError where it keeps none (with what switches it on), or where it would answer with somebody else's.
 */
export async function openPerson(options: PersonOptions, path: string): Promise<Person> {
  const person = new Person(connect(options), options.user);
  const { user } = await untilOpen(() => person.json<{ user: string }>(`${path}?limit=1`));
  if (options.user === undefined || options.user === user) return person;
  throw new CliError(
    `this key speaks for ${user}, not for ${options.user}. Only the token of the run may name somebody: use this ` +
      'command on the machine of the orchestrator, as the user who started it, without ORCHESTRATOR_TOKEN.',
  );
}

/** The store opens after the orchestrator listens: a moment later it is there, or says why not. */
export async function untilOpen<T>(ask: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + OPENS_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isOpening = error instanceof Refusal && error.code === 'knowledge_unavailable';
      if (!isOpening || performance.now() > endsAt) throw error;
    }
    await delay(POLL_MS);
  }
}

/** All pages of a list, up to `limit` entries. */
export async function listAll<T>(
  limit: number,
  ask: (
    after: string | undefined,
    count: number,
  ) => Promise<{ readonly page: readonly T[]; readonly next: string | null }>,
): Promise<T[]> {
  const list: T[] = [];
  for (let after: string | undefined; list.length < limit;) {
    const { page, next } = await ask(after, Math.min(200, limit - list.length));
    list.push(...page);
    if (next === null) break;
    after = next;
  }
  return list;
}

import { Command, InvalidArgumentError } from 'commander';

import type { KnowledgeStatusJson } from '../../server/knowledge/views.ts';
import { delay } from '../../shared/clock.ts';
import { CliError } from '../../shared/errors.ts';
import { connect, withConnectionOptions, type Client, type ConnectionOptions, type RequestOptions } from '../client.ts';
import { plainJson } from '../plain.ts';

export interface RagOptions extends ConnectionOptions {
  readonly user?: string;
  readonly json?: boolean;
}

const OPENS_WITHIN_MS = 15_000;
const POLL_MS = 100;

/** A subcommand of `rag` that prints data, with what all of them take. */
export function ragCommand(name: string, description: string): Command {
  return talkCommand(name, description).option('--json', 'print JSON');
}

/** One that talks to a person. */
export function talkCommand(name: string, description: string): Command {
  return withConnectionOptions(
    new Command(name)
      .description(description)
      .option('-u, --user <name>', 'whose documents (as the person at this machine; default: your own)'),
  );
}

/** Documents of one user, over the API. */
export class Documents {
  readonly #client: Client;
  readonly user: string | undefined;

  constructor(client: Client, user: string | undefined) {
    this.#client = client;
    this.user = user;
  }

  get client(): Client {
    return this.#client;
  }

  /** `path` is below `/api/knowledge`. */
  json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#client.json<T>(`/api/knowledge${path}`, this.#as(options));
  }

  open(path: string, options: RequestOptions = {}) {
    return this.#client.open(`/api/knowledge${path}`, this.#as(options));
  }

  #as(options: RequestOptions): RequestOptions {
    return this.user === undefined
      ? options
      : { ...options, headers: { ...options.headers, 'x-orchestrator-user': this.user } };
  }
}

/**
 * The documents that the options mean, of a running orchestrator that keeps some.
 * @throws CliError where it keeps none (with the key that switches it on), or where it would answer with somebody else's.
 */
export async function openDocuments(options: RagOptions): Promise<Documents> {
  const documents = new Documents(connect(options), options.user);
  const { state, user } = await untilOpen(documents);
  if (state === 'off')
    throw new CliError(
      'this orchestrator keeps no documents. Write `knowledge: { enabled: true }` into its profile, or start it with ' +
        '`orchestrator up --set knowledge.enabled=true`.',
    );
  if (options.user !== undefined && options.user !== user)
    throw new CliError(
      `this key speaks for ${user}, not for ${options.user}. Only the token of the run may name somebody: use this ` +
        'command on the machine of the orchestrator, as the user who started it, without ORCHESTRATOR_TOKEN.',
    );
  return documents;
}

/** The store opens after the orchestrator listens: a moment later it is there, or says why not. */
async function untilOpen(documents: Documents): Promise<KnowledgeStatusJson> {
  const endsAt = performance.now() + OPENS_WITHIN_MS;
  for (;;) {
    const status = await documents.json<KnowledgeStatusJson>('');
    if (status.state !== 'opening' || performance.now() > endsAt) return status;
    await delay(POLL_MS);
  }
}

/** JSON where it is wanted, else lines. */
export function print(options: RagOptions, view: unknown, lines: () => readonly string[]): void {
  const text = options.json ? plainJson(view) : lines().join('\n');
  if (text !== '') process.stdout.write(`${text}\n`);
}

export const documentPath = (id: string, below = '') => `/documents/${encodeURIComponent(id)}${below}`;

/** `?a=1&b=2` of what is defined. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

export function numberOption(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('it is a whole number above 0.');
}

/** An option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** How a command talks to the running orchestrator. `node:http` itself: no deadline of a library may end a long load or a quiet stream. */
import { type ClientRequest, request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

import type { Command } from 'commander';

import { EXIT_INVALID_PROFILE, type Problem, ProfileError } from '../profiles/problems.ts';
import type { RuntimeFile } from '../server/views.ts';
import { CliError, messageOf } from '../shared/errors.ts';
import { resolvePaths } from '../shared/paths.ts';
import { readRuntimeFile } from './runtime-file.ts';

/** Nothing answers: design section 5. */
export const NO_ORCHESTRATOR = 69;

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly stateDir?: string | undefined;
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Becomes JSON. */
  readonly body?: unknown;
  /** In the place of `body`: bytes as they come. */
  readonly upload?: Upload | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Upload {
  readonly contentType: string;
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The options by which every command that talks to an orchestrator finds it. */
export function withConnectionOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the orchestrator to talk to (default: ORCHESTRATOR_URL, else the one that runs here)')
    .option('--state-dir <directory>', 'the state directory of the orchestrator that runs here');
}

/**
 * Finds the orchestrator: the option, `ORCHESTRATOR_URL`, else the runtime file of the state directory. The token of the file
 * goes to the URL of the file only.
 * @throws CliError 69 when none is named and none runs; 2 when the URL is not one.
 */
export function connect(options: ConnectionOptions, environment: NodeJS.ProcessEnv = process.env): Client {
  const named = options.url ?? (environment['ORCHESTRATOR_URL'] || undefined);
  const runtime = readRuntimeFile(resolvePaths(environment, options.stateDir).stateDir);
  if (named === undefined && runtime === undefined) {
    throw new CliError(
      'no orchestrator is running; start one with `orchestrator up --profile demo`, or name one with --url.',
      NO_ORCHESTRATOR,
    );
  }
  const url = parseUrl(named ?? runtime?.url ?? '');
  const own = runtime !== undefined && parseUrl(runtime.url).origin === url.origin ? runtime : undefined;
  return new Client(url, environment['ORCHESTRATOR_TOKEN'] || own?.token, own);
}

export class Client {
  readonly url: URL;
  /** The file of the orchestrator behind `url`, where it runs on this machine. */
  readonly runtime: RuntimeFile | undefined;
  readonly #token: string | undefined;

  constructor(url: URL, token?: string, runtime?: RuntimeFile) {
    this.url = url;
    this.runtime = runtime;
    this.#token = token;
  }

  /** The JSON that a route answers. @throws CliError with the server's own sentence, or 69 when nothing answers. */
  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.open(path, options);
    const body = await text(response);
    try {
      return JSON.parse(body) as T;
    } catch (error) {
      throw new CliError(
        `${this.url.origin}${path} answered with something that is not JSON; is it an orchestrator?`,
        1,
        {
          cause: error,
        },
      );
    }
  }

  /** The answer with its body still to be read. @throws like `json`. */
  async open(path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
    const response = await this.#send(path, options);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw refusal(status, await text(response), `${this.url.origin}${path}`);
  }

  #send(path: string, options: RequestOptions): Promise<IncomingMessage> {
    const { upload } = options;
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const method = options.method ?? (body === undefined && !upload ? 'GET' : 'POST');
    const headers: Record<string, string> = { accept: 'application/json, text/event-stream, text/plain' };
    if (body !== undefined || method === 'POST') headers['content-type'] = 'application/json';
    if (upload) Object.assign(headers, { 'content-type': upload.contentType, 'content-length': String(upload.length) });
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    const base = this.url.pathname.replace(/\/$/, '');
    const target = new URL(`${this.url.origin}${base}${path}`);
    const send = target.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const request = send(target, {
        method,
        headers: { ...headers, ...options.headers },
        ...(options.signal && { signal: options.signal }),
      });
      request.once('response', resolve);
      // Who answers before an upload is over may close the connection: that error comes after the answer, and is none.
      request.on('error', (error) => reject(options.signal?.aborted ? error : unreachable(this.url, error)));
      if (!upload) return void request.end(body ?? (method === 'POST' ? '{}' : undefined));
      sendAll(upload.bytes, request).catch((error: unknown) => {
        reject(error);
        request.destroy();
      });
    });
  }
}

/** Rejects where the bytes cannot be read; what becomes of the request is its own news. */
async function sendAll(bytes: AsyncIterable<Uint8Array>, request: ClientRequest): Promise<void> {
  for await (const chunk of bytes) {
    if (request.destroyed) return;
    if (request.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        request.off('drain', goOn).off('close', goOn);
        resolve();
      };
      request.on('drain', goOn).on('close', goOn);
    });
  }
  request.end();
}

/** What the server refuses, in its own sentence. */
export class Refusal extends CliError {
  /** Of the catalogue; absent: who answered is no orchestrator. */
  readonly code: string | undefined;

  constructor(message: string, code: unknown) {
    super(message);
    this.code = typeof code === 'string' ? code : undefined;
  }
}

function unreachable(url: URL, error: Error): CliError {
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : messageOf(error);
  return new CliError(
    `no orchestrator answers at ${url.origin} (${reason}); start one with \`orchestrator up --profile demo\`, or name another with --url.`,
    NO_ORCHESTRATOR,
    { cause: error },
  );
}

/** The sentence of the server's error object; a body that is none is quoted in short. */
function refusal(status: number, body: string, where: string): CliError {
  let error: { message?: unknown; code?: unknown; problems?: unknown } = {};
  try {
    error = (JSON.parse(body) as { error?: typeof error }).error ?? {};
  } catch {
    // Not an orchestrator's: quoted below.
  }
  const { message } = error;
  if (Array.isArray(error.problems)) return new ProfileError(error.problems as Problem[]);
  const sentence = typeof message === 'string' ? message : `${where} answered ${status}: ${body.slice(0, 200).trim()}`;
  if (error.code === 'profile_invalid') return new CliError(sentence, EXIT_INVALID_PROFILE);
  const isAboutKey =
    error.code === 'unauthorized' ||
    error.code === 'forbidden' ||
    (error.code === undefined && /^40[13]$/.test(`${status}`));
  if (!isAboutKey) return new Refusal(sentence, error.code);
  return new Refusal(`${sentence} Commands take a key from ORCHESTRATOR_TOKEN.`, error.code);
}

function parseUrl(text: string): URL {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (url === null) throw new CliError(`"${text}" is not a URL; write it like http://127.0.0.1:8082.`, 2);
  return url;
}

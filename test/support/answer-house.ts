/** The front door, the router and the proxy over endpoints that answer byte by byte as a test says, with documents in memory. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { stringify } from 'yaml';

import { remote as remoteAdapter } from '../../src/engines/remote.ts';
import type { Hit, SearchQuery, SearchResult, Source } from '../../src/knowledge/contract.ts';
import type { OpenKnowledge } from '../../src/knowledge/setup.ts';
import type { OpenMemory } from '../../src/memory/setup.ts';
import { Deadlines } from '../../src/proxy/deadlines.ts';
import type { JsonObject } from '../../src/proxy/json.ts';
import type { ColdEnvironment } from '../../src/server/cold-context.ts';
import { createFrontDoor } from '../../src/server/front-door.ts';
import type { KnownKey } from '../../src/server/identity/authenticator.ts';
import { Inference } from '../../src/server/inference.ts';
import { KnowledgeHolder } from '../../src/server/knowledge-holder.ts';
import { PeopleHolder } from '../../src/server/people-holder.ts';
import { Remembrance } from '../../src/server/remembrance.ts';
import { RequestBook } from '../../src/server/request-book.ts';
import { addRequestRoutes } from '../../src/server/request-routes.ts';
import { Routing } from '../../src/server/routing.ts';
import { createSettings } from '../../src/server/settings.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { PeopleStore } from '../../src/store/people-contract.ts';
import { toAppError } from '../../src/shared/errors.ts';
import { Fleet } from '../../src/supervisor/fleet.ts';
import { RemoteExpert } from '../../src/supervisor/remote-expert.ts';
import { EventBus } from '../../src/telemetry/events.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { Sandbox } from '../unit/profiles/sandbox.ts';
import { House } from '../unit/supervisor/house.ts';
import { until } from './wait.ts';

/** What an endpoint answers: its bytes leave one piece at a time. */
export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: readonly (string | Buffer)[];
  /** The connection is cut after the last piece. */
  readonly cut?: boolean;
}

export interface AnswerHouseOptions {
  readonly knowledge?: object;
  /** More of the profile's experts; `URL` stands for the endpoint. */
  readonly experts?: Readonly<Record<string, object>>;
  readonly profile?: object;
  readonly keys?: readonly KnownKey[];
  readonly reply: Reply | ((body: JsonObject) => Reply);
  readonly search?: (user: string, query: SearchQuery) => Promise<Partial<SearchResult>>;
  /** The documents cannot be had. */
  readonly closed?: boolean;
  readonly memory?: OpenMemory;
  readonly people?: PeopleStore;
}

export async function answerHouse(options: AnswerHouseOptions) {
  const received: JsonObject[] = [];
  const endpoint = createServer((incoming, outgoing) => {
    void readJson(incoming).then((body) => {
      received.push(body);
      return send(outgoing, typeof options.reply === 'function' ? options.reply(body) : options.reply);
    });
  });
  const url = await listen(endpoint);
  const expert = { engine: 'remote', url, context: 4_096 };
  const experts = Object.fromEntries(
    Object.entries(options.experts ?? { far: {} }).map(([id, more]) => [id, { ...expert, ...more }]),
  );
  const sandbox = new Sandbox();
  const profile = await sandbox.load(
    sandbox.write(
      'p.yaml',
      stringify({
        experts,
        knowledge: { enabled: true, remoteExperts: 'allow', ...options.knowledge },
        ...options.profile,
      }),
    ),
  );
  const house = await House.open();
  const bus = new EventBus((error) => {
    throw error;
  });
  const fleet = new Fleet({ clock: systemClock, bus, logger: house.logger, memory: house.memory });
  const remotes = profile.experts.map((one) => new RemoteExpert(one, remoteAdapter, {}, new Date()));
  fleet.reconfigure({
    processes: [],
    remotes,
    maxLoaded: 2,
    spillToCpu: 'refuse',
    minResidencyMs: 0,
    queueLength: 9,
    queueAgeMs: 60_000,
    drainMs: 0,
  });
  const settings = createSettings({
    generation: 1,
    profile,
    fleet,
    keys: options.keys ?? [],
    runToken: 'the-token-of-this-run',
    host: '127.0.0.1',
  });
  const searches: { user: string; query: SearchQuery }[] = [];
  const added: { user: string; source: Source }[] = [];
  const base = {
    search: async (user: string, query: SearchQuery): Promise<SearchResult> => {
      searches.push({ user, query });
      const used = { words: true, vectors: false, rerank: false };
      return { hits: [], used, degraded: null, ms: 1, ...(await options.search?.(user, query)) };
    },
    add: (user: string, source: Source) => {
      added.push({ user, source });
      return Promise.resolve({ document: {}, existed: false });
    },
    status: () => ({ state: 'ready' }),
    reconfigure: () => undefined,
    close: () => Promise.resolve(),
  };
  const knowledge = new KnowledgeHolder({
    logger: house.logger,
    load: () =>
      options.closed
        ? Promise.reject(new Error('the disk is away'))
        : Promise.resolve({
            open: () => Promise.resolve(base as unknown as OpenKnowledge),
            close: () => Promise.resolve(),
          }),
  });
  knowledge.apply(settings);
  const requests = new RequestBook();
  const away = () => Promise.reject(new Error('there is none in this house'));
  const { memory, people: store } = options;
  const people = new PeopleHolder({
    logger: house.logger,
    load: () =>
      store
        ? Promise.resolve({
            open: () =>
              Promise.resolve({
                store,
                users: () => Promise.resolve([]),
                reconfigure: () => undefined,
                close: () => Promise.resolve(),
              }),
            close: () => Promise.resolve(),
          })
        : away(),
  });
  const remembrance = new Remembrance({
    logger: house.logger,
    requests,
    people,
    loadMemory: () =>
      memory ? Promise.resolve({ open: () => Promise.resolve(memory), close: () => Promise.resolve() }) : away(),
  });
  people.apply(settings);
  remembrance.apply(settings);
  if (memory) await until('memory is open', () => remembrance.memory.peek());
  if (store) await until('the store is open', () => people.peek());
  const metrics = new Metrics();
  const routing = new Routing({
    fleet,
    bus,
    clock: systemClock,
    secondOpinion: { ask: () => undefined },
    learner: { chosen: () => undefined, routed: () => undefined },
  });
  const inference = new Inference({
    fleet,
    metrics,
    logger: house.logger,
    deadlines: new Deadlines(),
    routing,
    knowledge,
    reminding: remembrance.reminding,
    requests,
  });
  const app = new Hono<ColdEnvironment>();
  addRequestRoutes(app, { requests, memory: remembrance.memory });
  app.onError((error, context) => context.json(toAppError(error).toBody(), toAppError(error).status as 400));
  const door = createServer(
    createFrontDoor({
      settings: () => settings,
      inference,
      gate: () => undefined,
      metrics,
      cold: ({ incoming, outgoing, identity, requestId }) =>
        void getRequestListener(
          (request, bindings) => app.fetch(request, { ...(bindings as HttpBindings), identity, requestId }),
          { overrideGlobalObjects: false },
        )(incoming, outgoing),
    }),
  );
  const doorUrl = await listen(door);
  const request = (path: string, init: RequestInit = {}) => fetch(doorUrl + path, init);
  return {
    url: doorUrl,
    received,
    searches,
    added,
    knowledge,
    remembrance,
    messages: house.logger.messages,
    get: (path: string, headers: Record<string, string> = {}) => request(path, { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      request(path, {
        method: 'POST',
        ...(signal && { signal }),
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      door.closeAllConnections();
      endpoint.closeAllConnections();
      await Promise.all([door, endpoint].map((server) => new Promise((resolve) => server.close(resolve))));
      await fleet.close(0);
      await remembrance.close();
      await people.close();
      await knowledge.close();
      await house[Symbol.asyncDispose]();
    },
  };
}

/** One passage of one document, as a search finds it. */
export function hit(text: string, more: Partial<Hit['document']> = {}): Hit {
  const document = {
    id: 'doc_1',
    title: 'handbook.md',
    uri: 'handbook.md',
    mime: 'text/markdown',
    origin: 'file',
    state: 'ready',
    created: 1,
    fetched: null,
    attribution: null,
    ...more,
  } as Hit['document'];
  const chunk = { ord: 0, text, start: 0, end: text.length, page: null, headings: [] };
  return { document, chunk, score: 0.9, similarity: null, lexical: 3 };
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readJson(incoming: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JsonObject;
}

async function send(outgoing: ServerResponse, { status = 200, type, headers, pieces, cut }: Reply): Promise<void> {
  outgoing.writeHead(status, { 'content-type': type ?? 'application/json', ...headers });
  for (const piece of pieces) await new Promise((resolve) => outgoing.write(piece, resolve));
  if (cut) outgoing.destroy();
  else outgoing.end();
}

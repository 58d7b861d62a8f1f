/** The cold routes over one expert in memory and one remote, without a socket. */
import { vi } from 'vitest';

import { remote as remoteAdapter } from '../../../src/engines/remote.ts';
import type { Expert, Profile } from '../../../src/profiles/profile.ts';
import { type ColdRoutesOptions, createColdRoutes } from '../../../src/server/cold-routes.ts';
import { Directory } from '../../../src/server/directory.ts';
import { HostCheck } from '../../../src/server/host-check.ts';
import { Authenticator } from '../../../src/server/identity/authenticator.ts';
import type { Identity } from '../../../src/server/identity/contract.ts';
import { IdentityHolder } from '../../../src/server/identity/identity-holder.ts';
import { CandidateBook } from '../../../src/server/candidate-book.ts';
import { KnowledgeHolder } from '../../../src/server/knowledge-holder.ts';
import { MemoryHolder } from '../../../src/server/memory-holder.ts';
import { PeopleHolder } from '../../../src/server/people-holder.ts';
import { RequestBook } from '../../../src/server/request-book.ts';
import { Learner } from '../../../src/server/learner.ts';
import { Routing } from '../../../src/server/routing.ts';
import { StoreDesk } from '../../../src/server/store-desk.ts';
import { ServingTable } from '../../../src/server/serving.ts';
import { Fleet } from '../../../src/supervisor/fleet.ts';
import { KeptCaches } from '../../../src/supervisor/kept-caches.ts';
import { RemoteExpert } from '../../../src/supervisor/remote-expert.ts';
import { EventBus } from '../../../src/telemetry/events.ts';
import { LogBuffer } from '../../../src/telemetry/log-buffer.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { Sandbox } from '../profiles/sandbox.ts';
import { expertWith, type House } from '../supervisor/house.ts';

export const ADMIN: Identity = { user: 'ana', admin: true, credential: { kind: 'run', id: 'run' }, scopes: {} };

async function profile(): Promise<Profile> {
  const sandbox = new Sandbox();
  const file = sandbox.write(
    'p.yaml',
    'name: small\nexperts:\n  far:\n    engine: remote\n    url: http://127.0.0.1:9\n    keyEnv: FAR_KEY\n',
  );
  return sandbox.load(file);
}

/** `near`: what more the expert in memory has. The remote lacks its key. */
export async function routesOver(house: House, overrides: Partial<ColdRoutesOptions> = {}) {
  const [far] = (await profile()).experts;
  if (!far) throw new Error('no expert');
  const near = expertWith({
    aliases: ['close'],
    description: 'In memory',
    vision: true,
    languages: ['en', 'es'],
    fit: { coding: 0.4 },
    variants: { 'a:long': { request: {}, strip: [] } },
  });
  const process = house.expert(near);
  const remote = new RemoteExpert(far, remoteAdapter, {}, new Date(5_000));
  const bus = new EventBus((error) => {
    throw error;
  });
  const fleet = new Fleet({ clock: house.clock, bus, logger: house.logger, memory: house.memory });
  house.onMove = (moved, move) => fleet.onMove(moved, move);
  house.cleanUps.push(() => fleet.close(0));
  fleet.reconfigure({
    processes: [process],
    remotes: [remote],
    maxLoaded: 2,
    spillToCpu: 'refuse',
    minResidencyMs: 0,
    queueLength: 9,
    queueAgeMs: 60_000,
    drainMs: 0,
  });
  const loaded = await profile();
  const log = new LogBuffer();
  const shutdown = vi.fn<(drainMs: number | undefined) => void>();
  const candidates = new CandidateBook('/nowhere/candidates.jsonl', house.logger);
  const learner = new Learner({ book: candidates, clock: house.clock });
  const options: ColdRoutesOptions = {
    fleet,
    routing: new Routing({ fleet, bus, clock: house.clock, secondOpinion: { ask: () => undefined }, learner }),
    knowledge: new KnowledgeHolder({ logger: house.logger, load: () => Promise.reject(new Error('not here')) }),
    storeDesk: new StoreDesk({
      settings: () => options.settings(),
      stores: () => Promise.reject(new Error('not here')),
      onRestored: () => Promise.resolve(),
    }),
    requests: new RequestBook(),
    memory: new MemoryHolder({ logger: house.logger, load: () => Promise.reject(new Error('not here')) }),
    people: new PeopleHolder({ logger: house.logger, load: () => Promise.reject(new Error('not here')) }),
    feedbackSource: { find: () => undefined },
    identities: new IdentityHolder({ logger: house.logger, load: () => Promise.reject(new Error('not here')) }),
    isKept: () => Promise.resolve(false),
    eraseKept: () => Promise.resolve(undefined),
    usage: () => undefined,
    uploadsDir: '/nowhere/uploads',
    learner,
    candidates,
    caches: new KeptCaches({ stateDir: '/nowhere', clock: house.clock, report: () => undefined }),
    settings: () => ({
      generation: 1,
      profile: loaded,
      directory: new Directory([near, far], 'a'),
      serving: new ServingTable([], () => ''),
      routes: undefined,
      authenticator: new Authenticator({ required: false, keys: [], runToken: 't' }),
      hosts: new HostCheck([]),
      cors: undefined,
    }),
    metrics: new Metrics(),
    bus,
    logger: house.logger,
    log,
    clock: house.clock,
    version: '1.2.3',
    url: () => 'http://127.0.0.1:1',
    active: () => 4,
    buildOf: () => 'b1',
    shutdown,
    reload: () => Promise.reject(new Error('a defect in the reload')),
    profileNames: () => Promise.resolve(['demo', 'small']),
    runToken: 'the-run-token',
    ...overrides,
  };
  const app = createColdRoutes(options);
  const call = (method: string, path: string, identity = ADMIN) =>
    app.request(path, { method }, { identity, requestId: 'r1' });
  const post = async (path: string, body: object = {}) => {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await app.request(path, request, { identity: ADMIN, requestId: 'r1' });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const get = async (path: string, identity = ADMIN) => {
    const response = await call('GET', path, identity);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { app, options, call, get, post, fleet, bus, log, process, shutdown, far: far satisfies Expert };
}

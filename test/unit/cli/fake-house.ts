/** A small HTTP server in the place of an orchestrator: what it was asked is recorded, what it answers is the test's. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { BudgetView, ExpertView, PoolView, RuntimeFile, StatsView } from '../../../src/server/views.ts';
import { readStat } from '../../../src/supervisor/proc.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (response: ServerResponse, asked: Asked) => void;

export class FakeHouse {
  readonly asked: Asked[] = [];
  readonly routes = new Map<string, Answer>();
  readonly #server = createServer((request, response) => {
    void text(request).then((body) => {
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      this.asked.push(asked);
      const answer = this.routes.get(`${asked.method} ${asked.url.split('?')[0]}`);
      if (answer) answer(response, asked);
      else json(response, { error: { message: `no route ${asked.url}`, code: 'route_not_found' } }, 404);
    });
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  on(route: string, answer: Answer | object): this {
    this.routes.set(route, typeof answer === 'function' ? (answer as Answer) : (response) => json(response, answer));
    return this;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Begins an event stream with these events; it stays open. */
export function events(response: ServerResponse, ...data: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for (const each of data) response.write(`data: ${typeof each === 'string' ? each : JSON.stringify(each)}\n\n`);
}

/** A state directory with the runtime file of an orchestrator; by default that of this very process. */
export class StateDir {
  readonly path = mkdtempSync(join(tmpdir(), 'orchestrator-cli-'));

  write(facts: Partial<RuntimeFile>): this {
    const file = {
      pid: process.pid,
      startTicks: readStat(process.pid)?.startTicks,
      token: 'file-token',
      profile: 'demo',
    };
    writeFileSync(join(this.path, 'runtime.json'), JSON.stringify({ ...file, ...facts }));
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

export function expertView(view: Partial<ExpertView> = {}): ExpertView {
  return {
    id: 'general',
    engine: 'llama-server',
    kind: 'process',
    description: null,
    aliases: [],
    variants: [],
    task: 'generate',
    context: 2_048,
    parallel: 2,
    languages: [],
    fit: {},
    pinned: false,
    priority: 5,
    state: 'stopped',
    since: '2026-01-01T00:00:00.000Z',
    inFlight: 0,
    queued: 0,
    pid: null,
    build: null,
    memoryBytes: null,
    footprint: {},
    unloadsAt: null,
    loadMs: null,
    starts: 0,
    crashes: 0,
    progress: null,
    lastFailure: null,
    retryAt: null,
    ...view,
  };
}

export function statsView(view: Partial<StatsView> = {}): StatsView {
  return {
    status: 'ok',
    version: '0.1.0',
    profile: 'demo',
    uptimeSeconds: 75,
    experts: {},
    pid: 1,
    rssBytes: 1,
    url: 'http://127.0.0.1:8082',
    maxLoadedExperts: 2,
    requests: { total: 0, active: 0, queued: 0, failed: 0 },
    tokens: { prompt: 0, generated: 0 },
    knowledge: { state: 'off', reason: null, store: { kind: 'none', version: null }, queued: 0, embedding: null },
    memory: { state: 'off', reason: null, queued: 0, embedding: null },
    ...view,
  };
}

export function budgetView(view: Partial<BudgetView> = {}): BudgetView {
  return { pools: [], maxLoadedExperts: 2, loadedExperts: 0, pausedUntil: null, ...view };
}

export function poolView(view: Partial<PoolView> = {}): PoolView {
  return {
    id: 'gpu0',
    capacity: 16 * 2 ** 30,
    reserve: 2 * 2 ** 30,
    foreign: 2 ** 30,
    quarantined: 0,
    paused: false,
    usable: 14 * 2 ** 30,
    held: 0,
    free: 14 * 2 ** 30,
    note: null,
    holders: [],
    ...view,
  };
}

/** The routes over documents in memory, asked as somebody. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { getRequestListener, type HttpBindings } from '@hono/node-server';

import type { KnowledgeBase } from '../../../../src/knowledge/contract.ts';
import type { ColdRoutesOptions } from '../../../../src/server/cold-routes.ts';
import { createDocumentApp } from '../../../../src/server/knowledge/document-app.ts';
import { House } from '../../supervisor/house.ts';
import { routesOver } from '../cold-house.ts';
import { FakeBase } from './fake-base.ts';

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of any route, which each test looks into
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

export async function openKnowledgeHouse(overrides: Partial<ColdRoutesOptions> = {}) {
  const house = await House.open();
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-uploads-'));
  const base = new FakeBase();
  const closers: (() => void)[] = [];
  const uploadsDir = join(directory, 'uploads');
  let asked: KnowledgeBase = base;
  const knowledge = { get: () => asked, status: () => base.status(), peek: () => asked };
  const { app, options } = await routesOver(house, { knowledge, uploadsDir, ...overrides });
  /** A plain user's requests; forms as forms, text as it is, else JSON. */
  const as =
    (user: string, admin = false): Ask =>
    async (method, path, body) => {
      const response = await app.request(
        path,
        { method, ...(await encode(body)) },
        { identity: { user, admin }, requestId: 'r1' },
      );
      const text = await response.text();
      const isObject = response.headers.get('content-type')?.startsWith('application/json');
      return {
        status: response.status,
        body: isObject ? JSON.parse(text) : undefined,
        text,
        headers: response.headers,
      };
    };
  return {
    routes: createDocumentApp(options).routes.filter(({ method }) => method !== 'ALL'),
    base,
    as,
    /** Has the routes ask another. */
    replace: (other: KnowledgeBase) => {
      asked = other;
    },
    ana: as('ana'),
    ben: as('ben'),
    /** Over a socket; the key is the user's name, and the header of the command line names another. */
    async listen() {
      const listener = getRequestListener(
        (request, bindings) => {
          const named = request.headers.get('x-orchestrator-user');
          const key = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
          const identity = { user: named ?? key ?? 'local', admin: false };
          return app.fetch(request, { ...(bindings as HttpBindings), identity, requestId: 'r1' });
        },
        { overrideGlobalObjects: false },
      );
      const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(() => {
        server.closeAllConnections();
        server.close();
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    uploads: () => {
      try {
        return readdirSync(uploadsDir);
      } catch {
        return [];
      }
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers) close();
      await house[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A form as its bytes: undici's own encoder does not bear being cancelled. An object is JSON. */
async function encode(body: unknown): Promise<{ body?: ArrayBuffer | string; headers?: Record<string, string> }> {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body };
  if (!(body instanceof FormData))
    return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const encoded = new Response(body);
  return {
    body: await encoded.arrayBuffer(),
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
  };
}

export function form(fields: Readonly<Record<string, string | Blob | undefined>>, filename?: string): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof Blob) data.append(name, value, filename ?? 'a.txt');
    else if (value !== undefined) data.append(name, value);
  }
  return data;
}

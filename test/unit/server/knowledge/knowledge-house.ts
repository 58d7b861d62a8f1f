/** The routes over documents in memory, asked as somebody. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

export async function openKnowledgeHouse() {
  const house = await House.open();
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-uploads-'));
  const base = new FakeBase();
  const uploadsDir = join(directory, 'uploads');
  const knowledge = { get: () => base, status: () => base.status() };
  const { app } = await routesOver(house, { knowledge, uploadsDir });
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
    app,
    base,
    as,
    ana: as('ana'),
    ben: as('ben'),
    uploads: () => {
      try {
        return readdirSync(uploadsDir);
      } catch {
        return [];
      }
    },
    async [Symbol.asyncDispose]() {
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

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { onTestFinished } from 'vitest';

export interface FakeHub {
  readonly url: string;
  /** What was asked for, without the host: paths of the API and of files, with the range where there was one. */
  readonly asked: string[];
  /** The most files that were being sent at the same time. */
  readonly most: () => number;
  /** Makes a commit of these files the head of the branch; earlier commits can still be had. */
  push(files: Readonly<Record<string, Buffer | string>>): string;
  /** The next answers with this file break off after so many bytes: enough that some arrive before the break is seen. */
  cut(path: string, ...afterBytes: number[]): void;
  /** Sends other bytes than are stated, as often as said. */
  corrupt(path: string, times: number): void;
  /** Only whoever has the token may read. */
  gate(token: string): void;
  /** Files with such names are sent two at a time: the first waits until the second is asked for. */
  pair(names: RegExp): void;
  card: Record<string, unknown>;
  /** False: a mirror of files alone. */
  api: boolean;
}

/** A file this large is kept apart, with a sha256, as the hub does; smaller ones have git's digest. */
const LARGE = 1_000;

/** A hub for one repository, with real range requests, redirects to a store, and bad days. */
export async function fakeHub(repository: string): Promise<FakeHub> {
  const commits = new Map<string, ReadonlyMap<string, Buffer>>();
  const cuts = new Map<string, number[]>();
  const corrupted = new Map<string, number>();
  const asked: string[] = [];
  let [head, token, sending, most] = ['', '', 0, 0];
  let paired: RegExp | undefined;
  let first: (() => void) | undefined;

  const url = await serve((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (token !== '' && !path.startsWith('/store/') && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    if (!path.startsWith('/store/')) asked.push(`${path}${request.headers.range ? ` ${request.headers.range}` : ''}`);
    const [, kind, revision, name] =
      new RegExp(`^/(api/models|store|)/?${repository}/(?:revision|resolve)/([^/]+)/?(.*)$`).exec(path) ?? [];
    const commit = revision === 'main' ? head : (revision ?? '');
    const files = commits.get(commit);
    if (!files || (kind === 'api/models' && !hub.api)) response.writeHead(404).end();
    else if (kind === 'api/models') listing(response, commit, files);
    else send(request, response, { commit, name: decodeURIComponent(name ?? ''), inStore: kind === 'store', files });
  });

  function listing(response: ServerResponse, commit: string, files: ReadonlyMap<string, Buffer>): void {
    const siblings = [...files].map(([path, bytes]) => {
      const size = bytes.length;
      const large = bytes.length >= LARGE;
      return {
        rfilename: path,
        size,
        blobId: large ? 'a'.repeat(40) : gitDigest(bytes),
        ...(large && { lfs: { sha256: sha256(bytes), size, pointerSize: 130 } }),
      };
    });
    response.end(JSON.stringify({ id: repository, sha: commit, siblings, cardData: hub.card }));
  }

  function send(
    request: IncomingMessage,
    response: ServerResponse,
    {
      commit,
      name,
      inStore,
      files,
    }: { commit: string; name: string; inStore: boolean; files: ReadonlyMap<string, Buffer> },
  ): void {
    const bytes = files.get(name);
    if (!bytes) return void response.writeHead(404).end();
    if (bytes.length >= LARGE && !inStore) {
      const headers = { 'x-linked-etag': `"${sha256(bytes)}"`, 'x-linked-size': bytes.length, 'x-repo-commit': commit };
      return void response.writeHead(302, { ...headers, location: `/store${request.url}` }).end();
    }
    const wrong = corrupted.get(name) ?? 0;
    if (wrong > 0) corrupted.set(name, wrong - 1);
    const body = wrong > 0 ? Buffer.alloc(bytes.length, 7) : bytes;
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = body.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': rest.length,
      etag: `"${sha256(bytes)}"`,
      ...(start > 0 && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
    });
    const after = cuts.get(name)?.shift();
    sending += 1;
    most = Math.max(most, sending);
    response.once('close', () => (sending -= 1));
    if (paired?.test(name)) {
      const release = first;
      first = release ? undefined : () => response.end(rest);
      if (!release) return;
      release();
    }
    if (after === undefined) response.end(rest);
    // An end rather than a reset, which could overtake what was written.
    else response.write(rest.subarray(0, after), () => response.socket?.end());
  }

  const hub: FakeHub = {
    url,
    asked,
    most: () => most,
    push(files) {
      const entries = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const);
      head = createHash('sha1').update(JSON.stringify(entries)).digest('hex');
      commits.set(head, new Map(entries));
      return head;
    },
    cut: (path, ...afterBytes) => void cuts.set(path, afterBytes),
    corrupt: (path, times) => void corrupted.set(path, times),
    gate: (wanted) => void (token = wanted),
    pair: (names) => void (paired = names),
    card: { license: 'apache-2.0' },
    api: true,
  };
  return hub;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
export const gitDigest = (bytes: Buffer) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

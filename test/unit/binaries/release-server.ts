import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { type Recipe, readRecipe } from '../../../src/binaries/recipe.ts';
import { serverScript, temporaryFolder, writeExecutable } from './programs.ts';

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A release archive as the project packs it: one folder, flat, the program beside its libraries. */
export function archive(files: Readonly<Record<string, string>> = {}): Buffer {
  const folder = temporaryFolder();
  const home = join(folder, 'llama-b1');
  writeExecutable(join(home, 'llama-server'), serverScript({ version: '11541 (abc)' }));
  writeExecutable(join(home, 'llama-quantize'), '#!/bin/sh\n');
  writeExecutable(join(home, 'libllama.so'), 'x'.repeat(100_000));
  for (const [name, content] of Object.entries(files)) writeExecutable(join(home, name), content);
  const file = join(folder, 'a.tar.gz');
  execFileSync('tar', ['-czf', file, '-C', folder, 'llama-b1']);
  return readFileSync(file);
}

export interface ReleaseServer {
  readonly url: string;
  /** Paths that were asked for, with the range where one was. */
  readonly requests: string[];
}

type Handler = (request: IncomingMessage, response: ServerResponse, url: string) => boolean | void;

/** The release API and the downloads behind it; `handle` may answer instead (by returning true). */
export async function startReleaseServer(
  assets: Readonly<Record<string, { bytes: Buffer; digest?: string | undefined }>>,
  handle: Handler = () => false,
): Promise<ReleaseServer> {
  const requests: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, path: string) => {
    const asset = assets[path.replace('/bytes/', '')];
    if (path.startsWith('/repos/')) {
      const list = Object.entries(assets).map(([name, { bytes, digest }]) => ({
        name,
        browser_download_url: `${url}/download/${name}`,
        digest: digest ?? `sha256:${sha256(bytes)}`,
      }));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ tag_name: 'b1', assets: list }));
    } else if (path.startsWith('/download/')) {
      // As the real one does: the download's address leads on to where the bytes are.
      response.writeHead(302, { location: path.replace('/download/', '/bytes/') }).end();
    } else if (asset) {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = asset.bytes.subarray(from);
      const { length } = asset.bytes;
      const range = from > 0 ? { 'content-range': `bytes ${from}-${length - 1}/${length}` } : {};
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, ...range }).end(rest);
    } else response.writeHead(404).end();
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(request.headers.range ? `${path} ${request.headers.range}` : path);
    if (!handle(request, response, url)) answer(request, response, path);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests };
}

export const PLATFORM = `${process.platform}-${process.arch}`;

/** The real recipe with other pins for this platform. */
export function recipeWith(
  platforms: Recipe['pins']['platforms'],
  download = 'http://127.0.0.1:9/{repository}/{tag}/{asset}',
): Recipe {
  const recipe = readRecipe('llama-server');
  return { ...recipe, pins: { ...recipe.pins, tag: 'b1', download, platforms } };
}

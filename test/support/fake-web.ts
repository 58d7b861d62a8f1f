import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, isIP } from 'node:net';

import { onTestFinished } from 'vitest';

import type { Net } from '../../src/knowledge/web/pinned-agent.ts';
import type { WebSettings } from '../../src/knowledge/web/settings.ts';

export const PUBLIC = '93.184.215.14';

export interface FakeWeb {
  readonly net: Net;
  /** Answers by `host/path?query`, without the scheme; else by host and path; else 404. */
  readonly pages: Map<string, RequestListener>;
  /** Addresses that a name leads to, one answer after the other, the last one for ever; without an entry: `PUBLIC`. */
  readonly names: Map<string, string[][]>;
  /** What was asked for: `host/path?query`. */
  readonly asked: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Names that were resolved. */
  readonly resolved: string[];
  /** Where a connection was opened to: the first address that the lookup gives, and the port. */
  readonly dialled: string[];
  /** Connections that a listener has seen, wherever they were meant to go. */
  readonly connections: () => number;
  readonly port: number;
}

/**
 * All hosts of the web in one server of this machine: whatever address is connected to, the connection comes here. Everything
 * before that is the real thing.
 */
export async function fakeWeb(pages: Readonly<Record<string, RequestListener | string>> = {}): Promise<FakeWeb> {
  let connections = 0;
  const asked: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const table = new Map<string, RequestListener>();
  for (const [address, page] of Object.entries(pages))
    table.set(address, typeof page === 'string' ? (_, response) => html(response, page) : page);
  const server = createServer((request, response) => {
    const address = `${request.headers.host}${request.url}`;
    asked.push(address);
    headers.push(request.headers);
    const page = table.get(address) ?? table.get(address.split('?')[0] ?? '');
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  server.on('connection', () => (connections += 1));
  const port = await listen(server);
  const names = new Map<string, string[][]>();
  const resolved: string[] = [];
  const dialled: string[] = [];
  const net: Net = {
    resolve: async (host) => {
      resolved.push(host);
      const answers = names.get(host) ?? [[PUBLIC]];
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
    connector: (lookup) => (options, callback) => {
      const dial = (address: string) => {
        dialled.push(`${address}:${options.port || (options.protocol === 'https:' ? 443 : 80)}`);
        const socket = connect(port, '127.0.0.1', () => callback(null, socket));
        socket.once('error', (problem) => callback(problem, null));
      };
      // As the system does: a number is not looked up.
      if (isIP(options.hostname) !== 0) dial(options.hostname);
      else lookup(options.hostname, {}, (error, address) => (error ? callback(error, null) : dial(address as string)));
    },
  };
  return { net, pages: table, names, asked, headers, resolved, dialled, connections: () => connections, port };
}

export function html(response: ServerResponse, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
}

export function redirectTo(location: string, status = 302): RequestListener {
  return (_, response) => response.writeHead(status, { location, 'set-cookie': 'id=canary' }).end();
}

/** `knowledge.web` with everything allowed that a test needs, and the defaults of the profile. */
export function webSettings(settings: Partial<WebSettings> = {}): WebSettings {
  return {
    enabled: true,
    allow: ['*.example.com', 'example.com'],
    contact: 'ops@example.com',
    sources: ['wikipedia'],
    searxng: undefined,
    autoLearn: false,
    quarantine: true,
    pageSize: 2 << 20,
    timeout: 15_000,
    maxPages: 3,
    maxCharacters: 200_000,
    ...settings,
  };
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

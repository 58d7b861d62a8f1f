/** The routes over what is kept of people, in memory, asked as somebody. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { getRequestListener, type HttpBindings } from '@hono/node-server';

import type { Episode, MemoryRoutesOptions } from '../../../../src/server/memory/access.ts';
import { createMemoryApp } from '../../../../src/server/memory/memory-app.ts';
import type { PeopleStore } from '../../../../src/store/people-contract.ts';
import { House } from '../../supervisor/house.ts';
import { routesOver } from '../cold-house.ts';
import type { Ask } from '../knowledge/knowledge-house.ts';
import { FakeMemory } from './fake-memory.ts';
import { FakeConversations, FakeFeedback } from './fake-people.ts';

/** `learns`: the router learns from ratings. */
export async function openMemoryHouse({
  isOn = true,
  learns = false,
}: { readonly isOn?: boolean; readonly learns?: boolean } = {}) {
  const house = await House.open();
  const memory = new FakeMemory();
  const conversations = new FakeConversations();
  const feedback = new FakeFeedback();
  const episodes = new Map<string, Episode>();
  const people: MemoryRoutesOptions = {
    memory: { get: () => memory, status: () => memory.status() },
    people: { get: () => ({ conversations, feedback }) as unknown as PeopleStore },
    feedbackSource: { find: (user, id) => episodes.get(`${user} ${id}`) },
    settings: () => settings,
  };
  const { app, options } = await routesOver(house, isOn ? people : { settings: () => settings });
  const plain = (await routesOver(house)).options.settings();
  const on = { conversations: { enabled: true }, feedback: { enabled: true } };
  const router = { ...plain.profile.router, learn: learns };
  const settings = { ...plain, profile: { ...plain.profile, ...(isOn && on), router } } as typeof plain;
  const as =
    (user: string, admin = false): Ask =>
    async (method, path, body) => {
      const isText = typeof body === 'string';
      const response = await app.request(
        path,
        {
          method,
          ...(body !== undefined && {
            body: isText ? body : JSON.stringify(body),
            headers: isText ? {} : { 'content-type': 'application/json' },
          }),
        },
        { identity: { user, admin }, requestId: 'r1' },
      );
      const text = await response.text();
      const isObject = /^application\/json\b/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        body: isObject ? JSON.parse(text) : undefined,
        text,
        headers: response.headers,
      };
    };
  const closers: (() => void)[] = [];
  return {
    routes: createMemoryApp(options).routes.filter(({ method }) => method !== 'ALL'),
    memory,
    conversations,
    feedback,
    /** What `user` was answered under this id. */
    answered: (user: string, id: string, episode: Partial<Episode> = {}) =>
      episodes.set(`${user} ${id}`, {
        expert: 'general',
        route: 'general',
        messages: [{ role: 'user', content: 'What is two and two?' }],
        answer: 'Five.',
        ...episode,
      }),
    as,
    ana: as('ana'),
    ben: as('ben'),
    /** Over a socket; the header of the command line names the user. */
    async listen() {
      const listener = getRequestListener(
        (request, bindings) => {
          const user = request.headers.get('x-orchestrator-user') ?? 'local';
          const identity = { user, admin: true };
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
    async [Symbol.asyncDispose]() {
      for (const close of closers) close();
      await house[Symbol.asyncDispose]();
    },
  };
}

import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';

import { type Dispatcher, Pool } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';

import { DirectDispatcher } from '../../../src/supervisor/direct-dispatcher.ts';

const openServers: (Server | NetServer)[] = [];
const dispatchers: DirectDispatcher[] = [];

afterEach(async () => {
  for (const dispatcher of dispatchers.splice(0)) await dispatcher.destroy();
  for (const server of openServers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server | NetServer): Promise<number> {
  openServers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function dispatcherTo(port: number): DirectDispatcher {
  const other = new Pool(`http://127.0.0.1:${port}`);
  const options = { address: { host: '127.0.0.1', port }, host: `127.0.0.1:${port}`, connectTimeoutMs: 5_000, other };
  const dispatcher = new DirectDispatcher(options);
  dispatchers.push(dispatcher);
  return dispatcher;
}

async function serving(listener: RequestListener) {
  const server = createHttpServer(listener);
  let connections = 0;
  server.on('connection', () => (connections += 1));
  const dispatcher = dispatcherTo(await listen(server));
  return { server, dispatcher, connections: () => connections };
}

/** A server that says these bytes to each request, or what a function does with the socket. */
async function saying(act: (socket: Socket) => void): Promise<DirectDispatcher> {
  return dispatcherTo(
    await listen(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => act(socket));
      }),
    ),
  );
}

interface Outcome {
  status?: number;
  headers?: Dispatcher.DispatchController['rawHeaders'];
  body: string;
  error?: Error & { code?: string };
}

interface Sent {
  readonly outcome: Promise<Outcome>;
  readonly controller: () => Dispatcher.DispatchController | undefined;
}

function post(
  dispatcher: Dispatcher,
  body: string | Buffer,
  onData?: (controller: Dispatcher.DispatchController) => void,
): Sent {
  const outcome: Outcome = { body: '' };
  const chunks: Buffer[] = [];
  let given: Dispatcher.DispatchController | undefined;
  const done = new Promise<Outcome>((resolve) => {
    const finish = () => resolve({ ...outcome, body: Buffer.concat(chunks).toString() });
    dispatcher.dispatch(
      { origin: 'http://engine', path: '/v1/x', method: 'POST', headers: { 'content-type': 'application/json' }, body },
      {
        onRequestStart: (controller) => (given = controller),
        onResponseStart: (_controller, status, headers) => Object.assign(outcome, { status, headers }),
        onResponseData: (controller, chunk) => {
          chunks.push(chunk);
          onData?.(controller);
        },
        onResponseEnd: finish,
        onResponseError: (_controller, error) => {
          outcome.error = error;
          finish();
        },
      },
    );
  });
  return { outcome: done, controller: () => given };
}

const echo: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`));
};

describe('requests', () => {
  test('one after the other share a connection', async () => {
    const { dispatcher, connections } = await serving(echo);
    for (const text of ['one', 'zwei €', 'tres ñ']) {
      expect(await post(dispatcher, text).outcome).toMatchObject({ status: 200, body: `POST /v1/x ${text}` });
    }
    expect(connections()).toBe(1);
  });

  test('at the same time have one each', async () => {
    const { dispatcher, connections } = await serving(echo);
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => post(dispatcher, text).outcome));
    expect(answers.map(({ body }) => body)).toEqual(['POST /v1/x a', 'POST /v1/x b', 'POST /v1/x c']);
    expect(connections()).toBe(3);
  });

  test('with a long body arrive whole', async () => {
    const { dispatcher } = await serving(echo);
    const body = Buffer.alloc(5 << 20, 'ñandú ');
    expect((await post(dispatcher, body).outcome).body).toBe(`POST /v1/x ${body.toString()}`);
  });

  test('that are no whole body by POST go another way, and bodies through undici’s `request` work', async () => {
    const { dispatcher } = await serving(echo);
    const got = await dispatcher.request({ origin: 'http://engine', path: '/health', method: 'GET' });
    expect(await got.body.text()).toBe('GET /health ');
    const posted = await dispatcher.request({ origin: 'http://engine', path: '/v1/x', method: 'POST', body: '{}' });
    expect(posted.statusCode).toBe(200);
    expect(await posted.body.text()).toBe('POST /v1/x {}');
  });

  test('with a line break in a header are not sent', async () => {
    const { dispatcher, connections } = await serving(echo);
    const options = { path: '/', method: 'POST', body: 'x', headers: { 'x-a': 'a\r\nx-b: b' } } as const;
    expect(() => dispatcher.dispatch(options, {})).toThrow(TypeError);
    expect(connections()).toBe(0);
  });
});

describe('answers', () => {
  test('that end with the connection are whole', async () => {
    const dispatcher = await saying((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
    expect(await post(dispatcher, 'x').outcome).toMatchObject({ status: 200, body: 'all of it' });
  });

  test('that break off are errors', async () => {
    const dispatcher = await saying((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\npart'));
    const { status, body, error } = await post(dispatcher, 'x').outcome;
    expect({ status, body, code: error?.code }).toEqual({ status: 200, body: 'part', code: 'UND_ERR_SOCKET' });
  });

  test('that are no HTTP are errors', async () => {
    const dispatcher = await saying((socket) => socket.end('hello\r\n\r\n'));
    expect((await post(dispatcher, 'x').outcome).error?.code).toBe('UND_ERR_HTTP_PARSER');
  });

  test('come no faster than they are taken', async () => {
    const total = 40 << 20;
    let written = 0;
    const { dispatcher } = await serving((request, response) => {
      request.resume();
      const piece = Buffer.alloc(64 << 10, 1);
      const write = () => {
        while (written < total) {
          written += piece.length;
          if (!response.write(piece)) return response.once('drain', write);
        }
        return response.end();
      };
      write();
    });
    const paused = Promise.withResolvers<Dispatcher.DispatchController>();
    const sent = post(dispatcher, 'x', (controller) => {
      if (controller.paused || sentAll) return;
      controller.pause();
      paused.resolve(controller);
    });
    let sentAll = false;
    const controller = await paused.promise;
    // What the kernel's buffers hold goes on; then the sender stands still.
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(written).toBeLessThan(total / 2);
    sentAll = true;
    controller.resume();
    expect((await sent.outcome).body.length).toBe(total);
  });

  test('to a request that is still being sent end its connection', async () => {
    const { dispatcher, connections } = await serving((request, response) => {
      response.end('early');
      request.pause();
    });
    const body = Buffer.alloc(30 << 20, 'x');
    expect(await post(dispatcher, body).outcome).toMatchObject({ status: 200, body: 'early' });
    expect(await post(dispatcher, 'x').outcome).toMatchObject({ status: 200, body: 'early' });
    expect(connections()).toBe(2);
  });
});

describe('connections', () => {
  test('that nobody accepts are refused by name', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => openServers.pop()?.close(resolve));
    expect((await post(dispatcherTo(port), 'x').outcome).error?.code).toBe('ECONNREFUSED');
  });

  test('that the engine closed while they rested are not used', async () => {
    const { server, dispatcher, connections } = await serving(echo);
    const closed = Promise.withResolvers<void>();
    server.once('connection', (socket) => socket.once('close', () => closed.resolve()));
    await post(dispatcher, 'a').outcome;
    server.closeIdleConnections();
    await closed.promise;
    // The news is on its way to our end of it.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await post(dispatcher, 'b').outcome).body).toBe('POST /v1/x b');
    expect(connections()).toBe(2);
  });

  test('are closed where the engine says so', async () => {
    const { dispatcher, connections } = await serving((request, response) => {
      response.setHeader('connection', 'close');
      echo(request, response);
    });
    await post(dispatcher, 'a').outcome;
    await post(dispatcher, 'b').outcome;
    expect(connections()).toBe(2);
  });

  test('are not used again after a streamed answer: llama-server closes them then, whatever it has announced', async () => {
    const { dispatcher, connections } = await serving((request, response) => {
      request.resume();
      response.setHeader('keep-alive', 'timeout=5, max=100');
      response.write('data: 1\n\n');
      response.end('data: [DONE]\n\n', () => response.socket?.end());
    });
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await post(dispatcher, 'x').outcome).toMatchObject({ status: 200, body: 'data: 1\n\ndata: [DONE]\n\n' });
    }
    expect(connections()).toBe(5);
  });

  test('of a request that is given up are closed, so that the engine stops', async () => {
    const left = Promise.withResolvers<void>();
    const { dispatcher } = await serving((request, response) => {
      request.resume();
      response.on('close', () => left.resolve());
      response.write('first');
    });
    const reason = new Error('the client left');
    const sent = post(dispatcher, 'x', (controller) => controller.abort(reason));
    expect((await sent.outcome).error).toBe(reason);
    await left.promise;
  });

  test('end with the client: what runs fails, what comes later is refused', async () => {
    const { dispatcher } = await serving((request) => request.resume());
    const sent = post(dispatcher, 'x');
    await dispatcher.destroy();
    expect((await sent.outcome).error?.code).toBe('UND_ERR_SOCKET');
    expect((await post(dispatcher, 'y').outcome).error?.code).toBe('UND_ERR_DESTROYED');
  });
});

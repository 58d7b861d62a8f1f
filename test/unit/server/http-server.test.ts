import { once } from 'node:events';
import { createServer as createPlainServer, type AddressInfo, connect, type Socket } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { listen } from '../../../src/server/http-server.ts';
import { silentLogger } from '../supervisor/house.ts';

const REQUEST = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

describe('the server', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  const open = async (connectionsPerAddress = 100) => {
    let handled = 0;
    const { server, address } = await listen({
      host: '127.0.0.1',
      port: 0,
      connectionsPerAddress: () => connectionsPerAddress,
      logger: silentLogger,
      handle: (_incoming, outgoing) => {
        handled += 1;
        outgoing.end('hello');
      },
    });
    closers.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return { port: address.port, handled: () => handled };
  };

  const dial = async (port: number): Promise<{ socket: Socket; said: () => string; closed: Promise<unknown> }> => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    return { socket, said: () => text, closed };
  };

  it('gives one address so many connections; one more is told so, is not served, and is closed', async () => {
    const { port, handled } = await open(2);
    const [first, second] = [await dial(port), await dial(port)];
    const third = await dial(port);
    third.socket.write(REQUEST);
    await third.closed;
    expect(third.said()).toMatch(/^HTTP\/1\.1 503 .*retry-after: 5.*too_many_connections/s);
    expect(handled()).toBe(0);
    first.socket.write(REQUEST);
    await expect.poll(first.said, { interval: 2 }).toContain('hello');
    second.socket.destroy();
    await second.closed;
    await expect
      .poll(
        async () => {
          const fourth = await dial(port);
          fourth.socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
          await fourth.closed;
          return fourth.said();
        },
        { interval: 5 },
      )
      .toContain('hello');
    first.socket.destroy();
  });

  it.each([
    ['nonsense', 'hello\r\n\r\n', '400'],
    ['a length that is none', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1x\r\n\r\n', '400'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', '400'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      '400',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['a huge header', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, '431'],
  ])('answers %s and closes', async (_what, bytes, status) => {
    const { port, handled } = await open();
    const { socket, said, closed } = await dial(port);
    socket.write(bytes);
    await closed;
    expect(said()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(handled()).toBe(0);
  });

  it.each([
    'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  ])('tunnels nothing: %j', async (bytes) => {
    const { port, handled } = await open();
    const { socket, said, closed } = await dial(port);
    socket.write(bytes);
    await closed;
    expect([said(), handled()]).toEqual(['', 0]);
  });

  it('says in a sentence why it cannot listen', async () => {
    const other = createPlainServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    closers.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as AddressInfo;
    const options = {
      host: '127.0.0.1',
      port,
      connectionsPerAddress: () => 1,
      logger: silentLogger,
      handle: () => undefined,
    };
    await expect(listen(options)).rejects.toMatchObject({
      message: expect.stringContaining(`--port ${port + 1}`) as string,
      exitCode: 1,
      cause: { code: 'EADDRINUSE' },
    });
    await expect(listen({ ...options, host: '203.0.113.1', port: 0 })).rejects.toThrow('no address of this machine');
  });
});

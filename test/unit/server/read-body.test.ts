import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Deadlines } from '../../../src/proxy/deadlines.ts';
import { modelOfUpload, replaceModel, uploadStream } from '../../../src/server/multipart.ts';
import { type BodyLimits, receiveBody } from '../../../src/server/read-body.ts';
import { AppError } from '../../../src/shared/errors.ts';

/** A request over a real socket, as its bytes come in. */
class Wire implements AsyncDisposable {
  readonly client: Socket;
  readonly incoming: IncomingMessage;
  readonly #close: () => Promise<void>;

  private constructor(client: Socket, incoming: IncomingMessage, close: () => Promise<void>) {
    this.client = client;
    this.incoming = incoming;
    this.#close = close;
  }

  static async open(head: string): Promise<Wire> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
    client.write(`POST / HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n`);
    const [incoming] = await arrived;
    incoming.on('error', () => undefined);
    return new Wire(client, incoming, async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'accepted';
};

const readBody = (incoming: IncomingMessage, limits: BodyLimits, deadlines: Deadlines): Promise<Buffer> =>
  new Promise((resolve, reject) => receiveBody(incoming, limits, deadlines, { onBody: resolve, onBodyError: reject }));

const LIMITS = { maxBytes: 100, graceMs: 60_000 };

describe('a body', () => {
  let deadlines: Deadlines;
  beforeEach(() => {
    deadlines = new Deadlines();
  });

  it('is read whole, however it was cut', async () => {
    await using wire = await Wire.open('content-length: 11');
    const body = readBody(wire.incoming, LIMITS, deadlines);
    for (const part of ['hello', ' ', 'world']) await new Promise((resolve) => wire.client.write(part, resolve));
    expect((await body).toString()).toBe('hello world');
  });

  it('may be empty', async () => {
    await using wire = await Wire.open('content-length: 0');
    expect(await readBody(wire.incoming, LIMITS, deadlines)).toHaveLength(0);
  });

  it('that says it is too large is refused before a byte of it is read', async () => {
    await using wire = await Wire.open('content-length: 101');
    expect(await codeOf(readBody(wire.incoming, LIMITS, deadlines))).toBe('body_too_large');
  });

  it('that grows too large is refused where it does', async () => {
    await using wire = await Wire.open('transfer-encoding: chunked');
    const refused = codeOf(readBody(wire.incoming, LIMITS, deadlines));
    wire.client.write(`65\r\n${'x'.repeat(101)}\r\n`);
    expect(await refused).toBe('body_too_large');
  });

  it('that does not come is not waited for', async () => {
    await using wire = await Wire.open('content-length: 10');
    wire.client.write('{');
    expect(await codeOf(readBody(wire.incoming, { ...LIMITS, graceMs: 50 }, deadlines))).toBe('request_timeout');
  });

  it('whose sender leaves is over', async () => {
    await using wire = await Wire.open('content-length: 10');
    const over = codeOf(readBody(wire.incoming, LIMITS, deadlines));
    wire.client.destroy();
    expect(await over).toBe('invalid_request');
  });
});

describe('an upload', () => {
  const HEAD = 'content-type: multipart/form-data; boundary=b';
  const field = (name: string, value: string, more = '') =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const FILE = field('file', 'RIFF....', '; filename="model"\r\nContent-Type: audio/wav');
  const END = '--b--\r\n';
  let deadlines: Deadlines;
  beforeEach(() => {
    deadlines = new Deadlines();
  });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  afterEach(() => {
    expect(errors.splice(0)).toEqual([]);
  });

  const roundTrip = async (parts: readonly string[]) => {
    const body = parts.join('');
    await using wire = await Wire.open(`${HEAD}\r\ncontent-length: ${Buffer.byteLength(body)}`);
    wire.incoming.on('error', onError);
    const model = modelOfUpload(wire.incoming, 60_000, deadlines);
    for (const part of parts) await new Promise((resolve) => wire.client.write(part, resolve));
    const found = await model;
    const chunks: Buffer[] = [];
    for await (const chunk of uploadStream(wire.incoming, 1 << 20)) chunks.push(chunk as Buffer);
    return { found, same: Buffer.concat(chunks).toString() === body };
  };

  it.each([
    ['the model first', [field('model', 'whisper'), FILE, END], 'whisper'],
    ['the model last', [FILE, field('model', 'whisper'), END], 'whisper'],
    ['a model with further headers', [field('model', 'whisper', '\r\nContent-Type: text/plain'), END], 'whisper'],
    ['no model, but a file of that name', [FILE, END], undefined],
    ['cut into single letters', field('model', 'whisper').split('').concat(END), 'whisper'],
    ['nothing at all', [''], undefined],
    ['a model that is empty', [field('model', ''), END], undefined],
  ])('with %s reaches the engine byte for byte', async (_what, parts, model) => {
    expect(await roundTrip(parts)).toEqual({ found: model, same: true });
  });

  it.each([
    ['longer', 'a-much-longer-name'],
    ['shorter', 'w'],
    ['with letters of several bytes', 'größer'],
  ])('gets the name that the engine knows its model by, which is %s', async (_what, name) => {
    const body = [FILE, field('model', 'whisper'), field('prompt', 'name="model"'), END].join('');
    await using wire = await Wire.open(`${HEAD}\r\ncontent-length: ${Buffer.byteLength(body)}`);
    wire.incoming.on('error', onError);
    wire.client.write(body);
    expect(await modelOfUpload(wire.incoming, 60_000, deadlines)).toBe('whisper');
    expect(replaceModel(wire.incoming, name)).toBe(Buffer.byteLength(name) - 'whisper'.length);
    const chunks: Buffer[] = [];
    for await (const chunk of uploadStream(wire.incoming, 1 << 20)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(body.replace('whisper', name));
  });

  it('stays as it is where it names no model', async () => {
    await using wire = await Wire.open(`${HEAD}\r\ncontent-length: ${FILE.length + END.length}`);
    wire.incoming.on('error', onError);
    wire.client.write(FILE + END);
    await modelOfUpload(wire.incoming, 60_000, deadlines);
    expect(replaceModel(wire.incoming, 'x')).toBe(0);
    const chunks: Buffer[] = [];
    for await (const chunk of uploadStream(wire.incoming, 1 << 20)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(FILE + END);
  });

  it('in chunks, without a model and with its end on its own', async () => {
    await using wire = await Wire.open(`${HEAD}\r\ntransfer-encoding: chunked`);
    wire.incoming.on('error', onError);
    const model = modelOfUpload(wire.incoming, 60_000, deadlines);
    const send = (text: string) => new Promise((resolve) => wire.client.write(text, resolve));
    await send(`${Buffer.byteLength(FILE).toString(16)}\r\n${FILE}\r\n`);
    await new Promise(setImmediate);
    await send('0\r\n\r\n');
    expect(await model).toBeUndefined();
    const chunks: Buffer[] = [];
    for await (const chunk of uploadStream(wire.incoming, 1 << 20)) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe(FILE);
  });

  it('is looked into only so far', async () => {
    expect(await roundTrip([field('file', 'x'.repeat(100_000)), field('model', 'whisper'), END])).toEqual({
      found: undefined,
      same: true,
    });
  });

  it('that is too large is refused, before or on the way', async () => {
    await using announced = await Wire.open(`${HEAD}\r\ncontent-length: 101`);
    expect(() => uploadStream(announced.incoming, 100)).toThrow('The upload is larger than 100 B');
    await using wire = await Wire.open(`${HEAD}\r\ntransfer-encoding: chunked`);
    wire.client.write(`65\r\n${'x'.repeat(101)}\r\n0\r\n\r\n`);
    const read = async () => {
      for await (const _chunk of uploadStream(wire.incoming, 100));
    };
    expect(await codeOf(read())).toBe('body_too_large');
  });

  it('that does not begin is not waited for', async () => {
    await using wire = await Wire.open(`${HEAD}\r\ncontent-length: 10`);
    expect(await codeOf(modelOfUpload(wire.incoming, 50, deadlines))).toBe('request_timeout');
  });

  it('whose sender leaves says so, and blames no engine', async () => {
    await using wire = await Wire.open(`${HEAD}\r\ncontent-length: 100000`);
    wire.client.write(field('model', 'whisper'));
    expect(await modelOfUpload(wire.incoming, 60_000, deadlines)).toBe('whisper');
    const read = async () => {
      for await (const _chunk of uploadStream(wire.incoming, 1 << 20)) wire.client.destroy();
    };
    expect(await codeOf(read())).toBe('invalid_request');
  });
});

import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import type { AnswerTranslator } from '../../../src/proxy/forward.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { DONE, errorIn, Hop, stream, token } from './hop.ts';

const SOON = { firstByte: 60, betweenBytes: 60, total: 60_000 };

describe('an answer', () => {
  it('that is no stream passes byte for byte, with its status and its headers', async () => {
    const body = Buffer.from([0, 255, 1, 10, 13, 128, 77]);
    await using hop = await Hop.open((_incoming, outgoing) => {
      outgoing.writeHead(418, { 'content-type': 'audio/wav', 'x-engine': 'yes' });
      outgoing.end(body);
    });
    const response = await fetch(`http://127.0.0.1:${hop.port}/`, { method: 'POST' });
    expect(response.status).toBe(418);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(body);
    expect(response.headers.get('x-engine')).toBe('yes');
    expect(response.headers.get('x-orchestrator-expert')).toBe('a');
    expect(await hop.done).toMatchObject({ status: 418, error: undefined, clientLeft: false });
    expect(hop.releases).toEqual([true]);
  });

  it('that is a stream passes byte for byte, its usage is read on the way', async () => {
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}\n\n';
    const frames = [token('a'), ': ping\n\n', token('ñ'), usage, DONE];
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, ...frames).end());
    expect((await hop.ask()).text).toBe(frames.join(''));
    expect(await hop.done).toMatchObject({
      status: 200,
      error: undefined,
      usage: { promptTokens: 7, generatedTokens: 2 },
    });
  });

  it('is complete however finely its end was cut', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => {
      stream(outgoing, token('a'));
      const bytes = DONE.split('');
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) outgoing.end();
        else outgoing.write(byte, () => setImmediate(next));
      };
      next();
    });
    expect((await hop.ask()).text).toBe(token('a') + DONE);
    expect(await hop.done).toMatchObject({ error: undefined });
  });

  it('brings none of the headers that are not the engine’s to say', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => {
      outgoing.writeHead(200, {
        'access-control-allow-origin': '*',
        'access-control-allow-private-network': 'true',
        'set-cookie': ['a=b', 'c=d'],
        server: 'llama.cpp',
        'x-powered-by': 'wishes',
        'x-request-id': 'theirs',
        'x-orchestrator-expert': 'theirs',
        'strict-transport-security': 'max-age=1',
        'openai-processing-ms': '5',
        via: ['a', 'b'],
      });
      outgoing.end('{}');
    });
    const { headers } = await hop.ask();
    const names = [...headers.keys()].sort();
    expect(names.filter((name) => !['connection', 'date', 'keep-alive', 'transfer-encoding'].includes(name))).toEqual([
      'openai-processing-ms',
      'via',
      'x-orchestrator-expert',
      'x-request-id',
    ]);
    expect(headers.get('x-request-id')).toBe('r1');
    expect(headers.get('x-orchestrator-expert')).toBe('a');
  });
});

describe('an engine', () => {
  it('that dies before its headers: 502, and it was asked once', async () => {
    await using hop = await Hop.open((_incoming, _outgoing, socket) => socket.destroy());
    const { status, text, headers } = await hop.ask();
    expect(status).toBe(502);
    expect(errorIn(text)).toMatchObject({ code: 'engine_died', source: 'orchestrator' });
    expect(headers.get('retry-after')).toBe('1');
    expect(hop.accepted).toBe(1);
    expect(hop.releases).toEqual([false]);
  });

  it('that does not accept the connection: 502, another code', async () => {
    await using hop = await Hop.open(() => undefined);
    await hop.closeEngine();
    const { status, text } = await hop.ask();
    expect(status).toBe(502);
    expect(errorIn(text)).toMatchObject({ code: 'engine_unreachable' });
    expect(hop.accepted).toBe(0);
  });

  it('that does not accept the connection, where somebody else can be asked: nothing is said, and the lease is back', async () => {
    const given: string[] = [];
    await using hop = await Hop.open(
      () => undefined,
      (outgoing) => ({
        onUnreached: (error) => {
          given.push(error.code, ...hop.releases.map(String));
          outgoing.end('from another');
        },
      }),
    );
    await hop.closeEngine();
    expect(await hop.ask()).toMatchObject({ status: 200, text: 'from another' });
    expect(given).toEqual(['engine_unreachable', 'false']);
    expect(hop.results).toEqual([]);
  });

  it('that dies in the middle of a stream: an error frame, no [DONE], a closed connection', async () => {
    await using hop = await Hop.open((_incoming, outgoing, socket) => {
      stream(outgoing, token('a'));
      outgoing.write(token('b'), () => socket.destroy());
    });
    const response = await fetch(`http://127.0.0.1:${hop.port}/`, { method: 'POST' });
    const text = await response.text();
    expect(text.startsWith(token('a'))).toBe(true);
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('finish_reason');
    expect(errorIn(text)).toMatchObject({ code: 'engine_died', source: 'orchestrator' });
    expect(await hop.done).toMatchObject({ status: 200, error: { code: 'engine_died' } });
  });

  it('that dies in the middle of an event: the frame begins on a line of its own', async () => {
    await using hop = await Hop.open((_incoming, outgoing, socket) => {
      stream(outgoing).write('data: {"choi', () => socket.destroy());
    });
    const { text } = await hop.ask();
    expect(text).toMatch(/^data: \{"choi\n\ndata: \{"error":/);
  });

  it.each([
    ['after some tokens', [token('a')]],
    ['after a text that speaks of [DONE]', [token('data: [DONE]'), token('\n\ndata: [DONE]\n\n')]],
    ['after a text that speaks of "error"', [token('{"error": {"message": "no"}}')]],
  ])('that ends a stream without finishing it, %s: an error frame', async (_when, frames) => {
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, ...frames).end());
    const { text } = await hop.ask();
    expect(errorIn(text)).toMatchObject({ code: 'engine_died' });
    expect(hop.releases).toEqual([false]);
  });

  it('that ends a stream with an error in its own words: that is the end, and nothing is added', async () => {
    const own = 'data: {"error":{"message":"slot lost","code":500}}\n\n';
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, token('a'), own).end());
    expect((await hop.ask()).text).toBe(token('a') + own);
  });

  it('that breaks off in the middle of an answer that is no stream: the connection is cut', async () => {
    await using hop = await Hop.open((_incoming, outgoing, socket) => {
      outgoing.writeHead(200, { 'content-length': '1000' });
      outgoing.write('{"choices":', () => socket.destroy());
    });
    await expect(hop.ask()).rejects.toThrow(/./);
    expect(await hop.done).toMatchObject({ error: { code: 'engine_died' } });
  });

  it.each([401, 403])('that refuses our key (%i) is a defect of ours, not of the client’s', async (status) => {
    await using hop = await Hop.open((_incoming, outgoing) => {
      outgoing.writeHead(status, { 'www-authenticate': 'Bearer' }).end('{"error":"Invalid API Key"}');
    });
    const answer = await hop.ask();
    expect(answer.status).toBe(502);
    expect(errorIn(answer.text)).toMatchObject({ code: 'engine_answer_invalid' });
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  it('that is taken away under the request says why', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, token('a')));
    const answer = hop.ask();
    await expect.poll(() => hop.lease?.onCut, { interval: 2 }).toBeDefined();
    hop.lease?.onCut?.(new AppError('expert_stopped', 'a was unloaded'));
    const { text } = await answer.catch(() => ({ text: 'data: {"error":{"code":"cut"}}' }));
    expect(errorIn(text).code).toMatch(/expert_stopped|cut/);
    expect(await hop.done).toMatchObject({ error: { code: 'expert_stopped' } });
    expect(hop.lease?.onCut).toBeUndefined();
  });
});

describe('a deadline', () => {
  it('for the first byte: 504, and the supervisor is told', async () => {
    await using hop = await Hop.open(() => undefined, { timeouts: SOON });
    const { status, text } = await hop.ask();
    expect(status).toBe(504);
    expect(errorIn(text)).toMatchObject({ code: 'first_byte_timeout' });
    expect(hop.silences).toBe(1);
    expect(hop.releases).toEqual([false]);
  });

  it('for the first byte is not met by headers alone', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => stream(outgoing).flushHeaders(), { timeouts: SOON });
    expect(errorIn((await hop.ask()).text)).toMatchObject({ code: 'first_byte_timeout' });
  });

  it('between bytes: an error frame, and the supervisor is told', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, token('a')), { timeouts: SOON });
    const { text } = await hop.ask();
    expect(text.startsWith(token('a'))).toBe(true);
    expect(errorIn(text)).toMatchObject({ code: 'idle_timeout' });
    expect(hop.silences).toBe(1);
  });

  it('for the whole is the request’s own: the engine is not blamed', async () => {
    await using hop = await Hop.open(
      (_incoming, outgoing) => {
        stream(outgoing, token('a'));
        const timer = setInterval(() => outgoing.write(token('b')), 10);
        outgoing.once('close', () => clearInterval(timer));
      },
      { timeouts: { firstByte: 60_000, betweenBytes: 60_000, total: 150 } },
    );
    expect(errorIn((await hop.ask()).text)).toMatchObject({ code: 'total_timeout' });
    expect(hop.silences).toBe(0);
  });

  it('that passes during an upload is the sender’s: the engine is not blamed', async () => {
    const never = new Readable({ read: () => undefined });
    never.push('half of an upload');
    await using hop = await Hop.open(() => undefined, {
      body: never,
      headers: { 'content-type': 'multipart/form-data' },
      timeouts: SOON,
    });
    const { status, text } = await hop.ask();
    expect(status).toBe(408);
    expect(errorIn(text)).toMatchObject({ code: 'request_timeout' });
    expect(hop.silences).toBe(0);
  });
});

describe('a client', () => {
  it.each(['before the first byte', 'in the middle of the answer'])(
    'that leaves %s ends the work of the engine',
    async (when) => {
      const closed = Promise.withResolvers<void>();
      await using hop = await Hop.open((_incoming, outgoing) => {
        outgoing.once('close', () => closed.resolve());
        if (when !== 'before the first byte') stream(outgoing, token('a'));
      });
      const leaver = new AbortController();
      const answer = hop.ask(leaver.signal).catch((error: Error) => error.name);
      await expect.poll(() => hop.accepted, { interval: 2 }).toBe(1);
      leaver.abort();
      expect(await answer).toBe('AbortError');
      await closed.promise;
      expect(await hop.done).toMatchObject({ clientLeft: true, error: undefined });
      expect(hop.releases, 'the engine has shown nothing before its first byte').toEqual([
        when !== 'before the first byte',
      ]);
    },
  );

  it('that left before the engine was asked: it is not asked', async () => {
    await using hop = await Hop.open(
      (_incoming, outgoing) => outgoing.end('{}'),
      (outgoing) => {
        outgoing.destroy();
        return {};
      },
    );
    await expect(hop.ask()).rejects.toThrow(/./);
    expect(await hop.done).toMatchObject({ status: 499, clientLeft: true });
    expect(hop.accepted).toBe(0);
    expect(hop.releases).toEqual([false]);
  });

  it('that does not read holds the engine back, and is cut at the deadline', async () => {
    let written = 0;
    const closed = Promise.withResolvers<void>();
    await using hop = await Hop.open(
      (_incoming, outgoing) => {
        stream(outgoing);
        outgoing.once('close', () => closed.resolve());
        const chunk = `data: "${'x'.repeat(65_000)}"\n\n`;
        const push = (): void => {
          for (let more = true; more && !outgoing.destroyed; written += chunk.length) more = outgoing.write(chunk);
          if (!outgoing.destroyed) outgoing.once('drain', push);
        };
        push();
      },
      { timeouts: { firstByte: 60_000, betweenBytes: 300, total: 60_000 } },
    );
    const client = await hop.deafClient();
    expect(await hop.done).toMatchObject({ clientLeft: true });
    await closed.promise;
    expect(written, 'kernel buffers, and no more').toBeLessThan(64 << 20);
    expect(hop.silences, 'the engine is not blamed').toBe(0);
    client.destroy();
  });

  it('that does not read the end of an answer is cut in time as well, and its slot is free at once', async () => {
    const body = Buffer.alloc(32 << 20, 'x');
    const closed = Promise.withResolvers<void>();
    await using hop = await Hop.open(
      (_incoming, outgoing) => outgoing.end(body),
      (outgoing) => {
        outgoing.once('close', () => closed.resolve());
        // Never asks for a pause, so that the engine is done long before the client.
        const write = outgoing.write.bind(outgoing);
        outgoing.write = (chunk: unknown) => write(chunk) || true;
        return { timeouts: { firstByte: 60_000, betweenBytes: 200, total: 60_000 } };
      },
    );
    const client = await hop.deafClient();
    expect(await hop.done).toMatchObject({ error: undefined, clientLeft: false });
    expect(hop.releases).toEqual([true]);
    await closed.promise;
    client.destroy();
  });
});

describe('a client that was given a 200 while it waited', () => {
  const opened = (outgoing: Parameters<Parameters<typeof Hop.open>[0]>[1]) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.write(': waiting for the expert\n\n');
    return {};
  };

  it('gets the stream after it', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, token('a'), DONE).end(), opened);
    expect((await hop.ask()).text).toBe(`: waiting for the expert\n\n${token('a')}${DONE}`);
  });

  it.each([
    ['dies', (_incoming: unknown, _outgoing: unknown, socket: { destroy(): void }) => socket.destroy(), 'engine_died'],
    ['is silent', () => undefined, 'first_byte_timeout'],
  ])('gets an error frame when the engine %s before its headers', async (_what, engine, code) => {
    await using hop = await Hop.open(engine, (outgoing) => ({ ...opened(outgoing), timeouts: SOON }));
    const { text } = await hop.ask();
    expect(text.startsWith(': waiting')).toBe(true);
    expect(errorIn(text)).toMatchObject({ code });
  });

  it.each([400, 401, 500])('gets an error frame when the engine answers %i in place of a stream', async (status) => {
    await using hop = await Hop.open((_incoming, outgoing) => {
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
    }, opened);
    expect(errorIn((await hop.ask()).text)).toMatchObject({ code: 'engine_answer_invalid' });
  });
});

describe('a translator', () => {
  const translator: AnswerTranslator = {
    body: (status, body) => JSON.stringify({ status, was: body.toString() }),
    push: (chunk) => chunk.toString().toUpperCase(),
    end: () => ({ text: 'END\n\n', complete: true }),
  };

  it('is given a whole answer, without its length', async () => {
    await using hop = await Hop.open(
      (_incoming, outgoing) => {
        outgoing.writeHead(201, { 'content-length': '3', 'content-type': 'application/json' });
        outgoing.end('abc');
      },
      { translator },
    );
    const { status, text } = await hop.ask();
    expect([status, text]).toEqual([201, '{"status":201,"was":"abc"}']);
  });

  it('is given a stream as it comes, and has the last word', async () => {
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, 'data: a\n\n').end(), {
      translator,
    });
    expect((await hop.ask()).text).toBe('DATA: A\n\nEND\n\n');
  });

  it('that finds the stream unfinished makes it an error', async () => {
    const unfinished = { ...translator, end: () => ({ text: '', complete: false }) };
    await using hop = await Hop.open((_incoming, outgoing) => void stream(outgoing, 'data: a\n\n').end(), {
      translator: unfinished,
    });
    expect(errorIn((await hop.ask()).text)).toMatchObject({ code: 'engine_died' });
  });

  it('that fails is an answer that is not the protocol', async () => {
    const failing = () => {
      throw new Error('unexpected tree');
    };
    await using hop = await Hop.open((_incoming, outgoing) => outgoing.end('{}'), {
      translator: { ...translator, body: failing },
    });
    const { status, text } = await hop.ask();
    expect(status).toBe(502);
    expect(errorIn(text)).toMatchObject({ code: 'engine_answer_invalid' });
  });
});

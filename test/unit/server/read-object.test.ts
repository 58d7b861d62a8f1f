import { describe, expect, it } from 'vitest';

import { readObject } from '../../../src/server/read-object.ts';

function post(body: string | ReadableStream<Uint8Array> | null, type = 'application/json; charset=utf-8'): Request {
  return new Request('http://127.0.0.1/', {
    method: 'POST',
    body,
    headers: { 'content-type': type },
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
}

const refusal = (request: Request) =>
  readObject(request, ['for']).then(
    () => 'nothing',
    (error: { code?: string }) => error.code,
  );

describe('the body of a management request', () => {
  it('is a JSON object, or nothing', async () => {
    expect(await readObject(post('{"for": "2h"}'), ['for'])).toEqual({ for: '2h' });
    expect(await readObject(post(null), ['for'])).toEqual({});
    expect(await readObject(post(' '), ['for'])).toEqual({});
    expect(await readObject(new Request('http://127.0.0.1/', { method: 'POST' }), ['for'])).toEqual({});
  });

  it('may come in pieces, in the middle of a letter too', async () => {
    const bytes = new TextEncoder().encode('{"for":"ñ"}');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readObject(post(stream), ['for'])).toEqual({ for: 'ñ' });
  });

  it('is refused by name where it is anything else', async () => {
    expect(await refusal(post('{'))).toBe('invalid_json');
    expect(await refusal(post('["for"]'))).toBe('invalid_json');
    expect(await refusal(post('null'))).toBe('invalid_json');
    expect(await refusal(post('{}', 'text/plain'))).toBe('content_type_refused');
    expect(await refusal(post(`{"for":"${'x'.repeat(70_000)}"}`))).toBe('body_too_large');
    await expect(readObject(post('{"four":"2h"}'), ['for'])).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'four',
      message: expect.stringContaining('takes `for`') as string,
    });
  });
});

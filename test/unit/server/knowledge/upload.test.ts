import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { receiveUpload } from '../../../../src/server/knowledge/upload.ts';
import { form } from './knowledge-house.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-upload-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

type Body = FormData | ReadableStream<Uint8Array>;

/** A form is sent as its bytes: undici's own encoder does not bear being cancelled. */
async function post(body: Body, headers: Record<string, string> = {}): Promise<Request> {
  const encoded = body instanceof FormData ? new Response(body) : undefined;
  const sent = {
    method: 'POST',
    body: encoded ? await encoded.arrayBuffer() : (body as ReadableStream<Uint8Array>),
    headers: { ...(encoded && { 'content-type': encoded.headers.get('content-type') ?? '' }), ...headers },
    duplex: 'half' as const,
  };
  return new Request('http://here/', sent);
}

const multipart = { 'content-type': 'multipart/form-data; boundary=XX' };
const head = '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';

describe('an upload', () => {
  it('is written to a file of our name that nobody else can read', async () => {
    const request = await post(form({ file: new Blob(['12345']), purpose: 'assistants' }, 'notes.md'));
    const { path, name, fields } = await receiveUpload(request, { directory, maxBytes: 5 });
    expect({ name, fields: { ...fields } }).toEqual({ name: 'notes.md', fields: { purpose: ['assistants'] } });
    expect(readFileSync(path, 'utf8')).toBe('12345');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(path).toMatch(/upload-[\da-f-]{36}$/);
  });

  it('that is too large is refused and leaves nothing, announced or not', async () => {
    const file = new Blob(['x'.repeat(600_000)]);
    const limits = { directory, maxBytes: 100_000 };
    await expect(receiveUpload(await post(form({ file })), limits)).rejects.toMatchObject({ code: 'body_too_large' });
    const announced = await post(form({ file: new Blob(['x']) }), { 'content-length': '600000' });
    await expect(receiveUpload(announced, limits)).rejects.toMatchObject({ code: 'body_too_large' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that breaks off leaves nothing', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from(`${head}${'x'.repeat(100)}`));
      },
      pull(controller) {
        controller.error(new Error('the connection was reset'));
      },
    });
    const limits = { directory, maxBytes: 100_000 };
    await expect(receiveUpload(await post(broken, multipart), limits)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['no file', form({ title: 'x' })],
    [
      'two files',
      (() => {
        const two = form({ file: new Blob(['x']) });
        two.append('file', new Blob(['y']), 'b.txt');
        return two;
      })(),
    ],
    ['a file in another field', form({ document: new Blob(['x']) })],
  ])('with %s is refused and leaves nothing', async (_what, body) => {
    const limits = { directory, maxBytes: 100 };
    await expect(receiveUpload(await post(body), limits)).rejects.toMatchObject({
      code: 'invalid_request',
      param: 'file',
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('has fields of bounded length', async () => {
    const body = form({ title: 'x'.repeat(300_000), file: new Blob(['x']) });
    await expect(receiveUpload(await post(body), { directory, maxBytes: 1e6 })).rejects.toMatchObject({
      code: 'body_too_large',
    });
  });
});

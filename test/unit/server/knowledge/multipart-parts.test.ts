import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { boundaryOf, partsOf } from '../../../../src/server/knowledge/multipart-parts.ts';
import { plainName } from '../../../../src/server/knowledge/upload.ts';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function parse(body: string | Uint8Array, size = 7) {
  const found: { name: string; filename: string | undefined; type: string | undefined; body: Buffer }[] = [];
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  for await (const { name, filename, type, body: pieces } of partsOf(inPieces(bytes, size), 'XX')) {
    const all: Buffer[] = [];
    for await (const piece of pieces) all.push(Buffer.from(piece));
    found.push({ name, filename, type, body: Buffer.concat(all) });
  }
  return found;
}

const part = (headers: string, body: string) => `--XX\r\n${headers}\r\n\r\n${body}\r\n`;

describe('the parts of a multipart body', () => {
  it.each([1, 2, 3, 16, 1_000])('are the same in chunks of %d bytes', async (size) => {
    const body = `preamble\r\n${part('Content-Disposition: form-data; name="a"', 'one\r\n--X not the end')}${part(
      'content-disposition: form-data; name="file"; filename="ñ \\"q\\".txt"\r\nContent-Type: text/plain',
      '',
    )}--XX--\r\nepilogue`;
    expect(await parse(body, size)).toEqual([
      { name: 'a', filename: undefined, type: undefined, body: Buffer.from('one\r\n--X not the end') },
      { name: 'file', filename: 'ñ "q".txt', type: 'text/plain', body: Buffer.alloc(0) },
    ]);
  });

  it('carry any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 64 }), async (bytes, size) => {
        fc.pre(!Buffer.from(bytes).includes('\r\n--XX'));
        const head = Buffer.from('--XX\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n');
        const body = Buffer.concat([head, bytes, Buffer.from('\r\n--XX--')]);
        expect((await parse(body, size))[0]?.body.equals(Buffer.from(bytes))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('need not be read', async () => {
    const body = Buffer.from(
      `${part('Content-Disposition: form-data; name="a"', 'x'.repeat(99))}${part('Content-Disposition: form-data; name="b"', 'y')}--XX--`,
    );
    const names: string[] = [];
    for await (const { name } of partsOf(inPieces(body, 10), 'XX')) names.push(name);
    expect(names).toEqual(['a', 'b']);
  });

  it('let go of the source, however it ends', async () => {
    let isClosed = false;
    async function* source() {
      try {
        yield Buffer.from(part('Content-Disposition: form-data; name="a"', 'x'));
        yield Buffer.from('--XX--');
      } finally {
        isClosed = true;
      }
    }
    for await (const _part of partsOf(source(), 'XX')) break;
    expect(isClosed).toBe(true);
  });

  it.each([
    ['', 'ends in the middle'],
    ['--XX\r\n', 'ends in the middle'],
    [part('Content-Disposition: form-data; name="a"', 'x'), 'ends in the middle'],
    [`${part('Content-Disposition: attachment; name="a"', 'x')}--XX--`, 'no name'],
    [`${part('Content-Type: text/plain', 'x')}--XX--`, 'no name'],
    ['--XXnonsense', 'does not end its line'],
    [`${part(`x: ${'y'.repeat(20_000)}`, 'x')}--XX--`, 'too long'],
    [`${part('Content-Disposition: form-data; name="a"', 'x').repeat(201)}--XX--`, 'more than 200'],
  ])('%# is not well-formed', async (body, reason) => {
    await expect(parse(body, 4_096)).rejects.toThrow(reason);
  });
});

it('a boundary is named, quoted or plain', () => {
  expect(boundaryOf('multipart/form-data; boundary=abc')).toBe('abc');
  expect(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"')).toBe('a b');
  expect(() => boundaryOf('multipart/form-data')).toThrow('no boundary');
});

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\ana\\notes.txt', 'notes.txt'],
  ['papers/2026/lease.md', 'papers/2026/lease.md'],
  ['/home/ana/lease.md', 'lease.md'],
  ['papers/../lease.md', 'lease.md'],
  ['papers//lease.md', 'lease.md'],
  ['papers/', 'file'],
  ['..', 'file'],
  ['', 'file'],
  ['a\u0000b\u202Etxt.exe', 'abtxt.exe'],
  [`${'x'.repeat(300)}.md`, `${'x'.repeat(252)}.md`],
  [`papers/${'x'.repeat(250)}.txt`, `${'x'.repeat(250)}.txt`],
  [`${'🦊'.repeat(130)}.txt`, `\uFFFD${'🦊'.repeat(125)}.txt`],
])('%j is called %j', (sent, name) => {
  expect(plainName(sent)).toBe(name);
});

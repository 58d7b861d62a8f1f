import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { Extractor, type FileRequest } from '../../../src/knowledge/extract/extractor.ts';
import type { Chunk } from '../../../src/store/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'extract-'));
const work = join(folder, 'work');
const extractor = new Extractor({ folder: work });
const limits = { fileSize: 64 << 20, parseTime: 120_000, parseMemory: 1 << 30 };

afterAll(async () => {
  await extractor.close();
  rmSync(folder, { recursive: true, force: true });
});

async function read(name: string, content: string | Buffer, options: Partial<FileRequest> = {}) {
  const path = join(folder, 'given');
  writeFileSync(path, content);
  const extracted = await extractor.extractFile({ path, name, limits, chunkTokens: 60, ...options });
  const chunks: Chunk[] = [];
  for await (const slice of extracted.chunks) chunks.push(...slice);
  return { ...extracted, chunks, text: chunks.map(({ text }) => text).join('') };
}

describe('a text', () => {
  it('comes back as it is, in passages with their headings', async () => {
    const text = `# El faro\n\n## Historia\n\n${'La torre se levantó en 1802 junto al mar. '.repeat(12)}\n\n## Hoy\n\nAún luce.\n`;
    const { chunks, ...rest } = await read('faro.md', text);
    expect(rest).toMatchObject({ text, title: 'El faro', mime: 'text/markdown', language: 'es', warning: null });
    expect(rest.characters).toBe(text.length);
    expect(chunks[0]?.headings).toEqual(['El faro', 'Historia']);
    expect(readdirSync(work)).toEqual([]);
  });

  it('that is empty, or no text, is refused with what it is', async () => {
    await expect(read('nada.txt', '')).rejects.toThrow('“nada.txt” is empty: there is nothing in it to read.');
    await expect(read('foto.txt', Buffer.from('89504e470d0a1a0a', 'hex'))).rejects.toThrow('“foto.txt” is an image.');
  });
});

describe('a text that is given', () => {
  const given = async (text: string, mime?: string) => {
    const extracted = await extractor.extractText(text, { name: 'nota', mime, limits, chunkTokens: 60 });
    const chunks: Chunk[] = [];
    for await (const slice of extracted.chunks) chunks.push(...slice);
    return { ...extracted, chunks };
  };

  it('has the same passages, whether it is short enough to be read here or not', async () => {
    const part = '# El faro\n\nLa torre se levantó en 1802 😀 junto al mar. \ud800 Aún luce.\n\n';
    const short = await given(part.repeat(20));
    const long = await given(part.repeat(2_000));
    expect(long.chunks.map(({ text }) => text).join('')).toBe(part.repeat(2_000));
    expect(long.chunks.slice(0, 10)).toEqual(short.chunks.slice(0, 10));
    for (const { title, mime, language } of [short, long])
      expect({ title, mime, language }).toEqual({ title: 'El faro', mime: 'text/markdown', language: 'es' });
    expect(readdirSync(work)).toEqual([]);
  });

  it('is never taken for something else, and is refused where there is nothing in it', async () => {
    const { chunks, mime } = await given('<html><body>%PDF-1.7', 'text/html');
    expect([mime, chunks[0]?.text]).toEqual(['text/html', '<html><body>%PDF-1.7']);
    await expect(given(' \n')).rejects.toThrow('“nota” has no text in it');
    await expect(given(' '.repeat(100_000))).rejects.toThrow('“nota” has no text in it');
  });
});

describe('the passages of a file', () => {
  it('leave nothing behind where nobody reads them to the end', async () => {
    const path = join(folder, 'given');
    writeFileSync(path, 'Unas palabras sobre esto y aquello. '.repeat(20_000));
    const { chunks } = await extractor.extractFile({ path, name: 'a.txt', limits, chunkTokens: 60 });
    for await (const slice of chunks) if (slice.length > 0) break;
    expect(readdirSync(work)).toEqual([]);
  });
});

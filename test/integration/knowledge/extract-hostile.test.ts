import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

import { afterAll, describe, expect, it } from 'vitest';

import { Extractor, type FileRequest } from '../../../src/knowledge/extract/extractor.ts';
import { isAlive } from '../../../src/supervisor/proc.ts';
import { docx, docxParagraph, docxParts, pdf, zip } from '../../support/documents.ts';
import { until } from '../../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'extract-hostile-'));
const limits = { fileSize: 64 << 20, parseTime: 60_000, parseMemory: 512 << 20 };
const extractor = new Extractor({ folder: join(folder, 'work') });
const bad = new Extractor({
  folder: join(folder, 'bad'),
  program: join(import.meta.dirname, '../../fixtures/bad-reader.ts'),
});

afterAll(async () => {
  await Promise.all([extractor.close(), bad.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function read(name: string, content: string | Buffer, options: Partial<FileRequest> = {}): Promise<string> {
  const path = join(folder, 'given');
  writeFileSync(path, content);
  const { chunks } = await extractor.extractFile({ path, name, limits, chunkTokens: 100, ...options });
  let text = '';
  for await (const slice of chunks) text += slice.map((chunk) => chunk.text).join('');
  return text;
}

/** The most that our own memory grew while something was done, in bytes. */
async function growthWhile(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  await work();
  clearInterval(watch);
  return Math.max(most, process.memoryUsage.rss()) - before;
}

describe('a document that is made to do harm', () => {
  const spaces = Buffer.alloc(48 << 20, ' ');
  const [document, ...others] = docxParts('').toReversed();
  const withBody = (content: Buffer, size?: number) =>
    zip([...others, { name: document?.name ?? '', content, ...(size && { size }) }]);

  it('unpacks to a thousand times its size: refused, whether it says so or not', async () => {
    const [bomb, liar] = [withBody(spaces), withBody(spaces, 5_000)];
    const grown = await growthWhile(async () => {
      await expect(read('bomb.docx', bomb)).rejects.toThrow(
        '“bomb.docx” was refused: it unpacks to more than 200 times its size',
      );
      await expect(read('liar.docx', liar)).rejects.toThrow('it unpacks to more than it says');
    });
    expect(grown).toBeLessThan(64 << 20);
  });

  it('has too many entries, overlaps, links, or names that lead outside: refused', async () => {
    const with_ = (...parts: Parameters<typeof zip>[0]) =>
      read('x.docx', zip([...docxParts(docxParagraph('Hola')), ...parts]));
    const part = { name: 'x', content: 'x' };
    for (const name of ['../x', '/x', 'a\\x', 'C:x', 'a\u0000b', 'a/../../x'])
      await expect(with_({ ...part, name })).rejects.toThrow('it holds a name that leads outside of it');
    await expect(with_({ ...part, mode: 0o120777 })).rejects.toThrow('it holds a link to another file');
    await expect(with_({ ...part, name: 'WORD/Document.xml' })).rejects.toThrow('two entries of one name');
    await expect(with_({ ...part, compressed: 100_000 })).rejects.toThrow('it holds entries that overlap');
    await expect(with_({ ...part, flags: 1 })).rejects.toThrow('is protected by a password');
    await expect(
      with_(...Array.from({ length: 10_001 }, (_, index) => ({ ...part, name: `${index}` }))),
    ).rejects.toThrow('has 10006 entries');
    const claims = Array.from({ length: 20 }, (_, index) => ({
      name: `${index}`,
      content: Buffer.alloc(600_000, 'ab'),
      size: 80 << 20,
      compressed: 1,
    }));
    await expect(with_(...claims)).rejects.toThrow('was refused');
  });

  it('is an archive of archives: not opened', async () => {
    const nested = zip([{ name: 'a.zip', content: zip([{ name: 'b.txt', content: 'b' }]) }]);
    await expect(read('a.zip', nested)).rejects.toThrow(
      '“a.zip” is an archive (zip). Unpack it and add the files in it.',
    );
  });

  it('refers to other files: nothing is fetched, and the text is read', async () => {
    const target = `file://${join(folder, 'secret')}`;
    writeFileSync(join(folder, 'secret'), 'hunter2');
    const relation = `<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="${target}" TargetMode="External"/>`;
    const picture =
      '<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="rId9"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>';
    const text = await read('x.docx', zip(docxParts(docxParagraph('El texto.') + picture, relation)));
    expect(text).toBe('El texto.\n');
    const entity = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>';
    await expect(
      read('x.docx', zip([...docxParts(docxParagraph('x')), { name: 'word/x.xml', content: entity }])),
    ).rejects.toThrow('it defines entities of its own');
  });

  it('is a PDF with a stream of a thousand times its size, or a page count beyond belief: our memory does not grow', async () => {
    const content = deflateSync(Buffer.alloc(200 << 20, '(a) Tj '));
    const bomb = pdf([[]], { content });
    const tight = { ...limits, parseTime: 20_000, parseMemory: 256 << 20 };
    const grown = await growthWhile(async () => {
      await expect(read('bomb.pdf', bomb, { limits: tight })).rejects.toThrow(
        /“bomb.pdf” (?:needs more memory|took longer)/,
      );
      expect(await read('pages.pdf', pdf([[{ text: 'x', y: 100 }]], { count: 2_000_000_000 }))).toBe('x\n\n');
    });
    expect(grown).toBeLessThan(64 << 20);
  });

  it('has a name that is none: it is shown without what is not to be seen, and touches no file', async () => {
    await expect(read('../../../etc/\u202epasswd\u0000\u001b[2J.png', Buffer.from('89504e47', 'hex'))).rejects.toThrow(
      '“passwd[2J.png” is an image',
    );
    expect(readdirSync(folder).sort()).toEqual(['bad', 'given', 'secret', 'work']);
  });

  it('nests deeper than a stack: told, or read', async () => {
    const deep = `${'<div>'.repeat(50_000)}fondo`;
    const text = await read('deep.html', `<html><body>${deep}`).catch((error: Error) => error.message);
    expect(text).toMatch(/fondo|nested too deeply/);
    expect(await read('deep.json', '['.repeat(300_000))).toHaveLength(300_000);
  });
});

describe('a file that is not as it should be', () => {
  it('is empty, scanned, protected or damaged: each is said', async () => {
    await expect(read('a.pdf', '')).rejects.toThrow('is empty: there is nothing in it to read.');
    await expect(read('a.pdf', pdf([[], []]))).rejects.toThrow(
      'is a PDF without text: its pages are pictures (scanned) or empty. Run text recognition',
    );
    await expect(read('a.pdf', pdf([[{ text: 'x', y: 9 }]], { isEncrypted: true }))).rejects.toThrow(
      'is a PDF that a password protects',
    );
    await expect(read('a.pdf', '%PDF-1.7\nnothing')).rejects.toThrow('is a damaged PDF');
    await expect(read('a.txt', ' \n\t ')).rejects.toThrow('has no text in it');
    await expect(read('a.bin', Buffer.from([1, 2, 0, 3, 255]))).rejects.toThrow(
      'is binary data of a kind that is not known',
    );
  });

  it('has a gigabyte: refused before it is read', async () => {
    const path = join(folder, 'large');
    writeFileSync(path, '');
    truncateSync(path, 1 << 30);
    await expect(extractor.extractFile({ path, name: 'large.txt', limits, chunkTokens: 100 })).rejects.toThrow(
      '“large.txt” has 1 GiB, more than the 64 MiB that knowledge.limits.fileSize allows.',
    );
    rmSync(path);
  });

  it('is gone, a folder, or changes while it is read: each is said', async () => {
    const request = { name: 'a.txt', limits, chunkTokens: 100 };
    await expect(extractor.extractFile({ ...request, path: join(folder, 'none') })).rejects.toThrow(
      'is not there any more',
    );
    await expect(extractor.extractFile({ ...request, path: folder })).rejects.toThrow('is not a file');
    const path = join(folder, 'growing');
    writeFileSync(path, Buffer.alloc(32 << 20, 'a'));
    const script =
      "const fs = require('fs'); for (;;) { fs.appendFileSync(process.argv[1], 'a'); if (!global.said) { global.said = 1; fs.writeSync(1, 'x'); } }";
    const writer = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(writer.stdout, 'data');
    await expect(extractor.extractFile({ ...request, path })).rejects.toThrow('“a.txt” changed while it was read');
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    rmSync(path);
  });

  it('is damaged anywhere: it is read or refused with a sentence, and the next one is read', async () => {
    const whole = [
      ['a.pdf', pdf([[{ text: 'Hola mundo', y: 700 }], [{ text: 'Adios', y: 700 }]])],
      ['a.docx', docx(['Hola', 'Adiós'])],
      ['a.html', Buffer.from('<html><body><h1>Hola</h1><table><tr><td>a<td>b</table><p>Adiós')],
      ['a.json', Buffer.from(JSON.stringify({ a: [1, { b: 'x' }], c: 'ñ' }))],
    ] as const;
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (const [name, bytes] of whole) {
      for (let round = 0; round < 8; round += 1) {
        const damaged = Buffer.from(round % 2 === 0 ? bytes : bytes.subarray(0, random(bytes.length)));
        for (let count = 0; count < 1 + random(20); count++) damaged[random(damaged.length)] = random(256);
        const outcome = await read(name, damaged).catch((error: unknown) => error);
        expect(typeof outcome === 'string' ? 'read' : (outcome as { code: string }).code).toMatch(
          /read|document_unreadable/,
        );
      }
    }
    expect(await read('next.txt', 'Sigue.')).toBe('Sigue.');
  });
});

describe('a reader that misbehaves', () => {
  const request = { path: folder, limits, chunkTokens: 100 };

  it('is killed when it takes too long or too much, and the next file is read', async () => {
    const short = { ...limits, parseTime: 1_500 };
    await expect(bad.extractFile({ ...request, name: 'spin', limits: short })).rejects.toThrow(
      '“spin” took longer to read than the 1.5 s that knowledge.limits.parseTime allows, and was given up.',
    );
    for (const name of ['grow', 'heap'])
      await expect(bad.extractFile({ ...request, name })).rejects.toThrow(
        `“${name}” needs more memory to read than the 512 MiB that knowledge.limits.parseMemory allows`,
      );
    await expect(bad.extractFile({ ...request, name: 'die' })).rejects.toThrow(
      'the reader ended in the middle of it (exit code 3)',
    );
    expect(await bad.extractFile({ ...request, name: 'good' })).toMatchObject({ mime: 'text/plain' });
  });

  it('is used again after success alone, and ends with the signal', async () => {
    const pids: number[] = [];
    const onProgress = (pid: number) => pids.push(pid);
    const perform = (name: string, signal?: AbortSignal) => bad.extractFile({ ...request, name, onProgress, signal });
    await perform('good');
    await perform('good');
    await perform('die').catch(() => undefined);
    await perform('good');
    const [first, second, third, fourth] = pids;
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
    const aborted = new AbortController();
    const running = perform('spin', aborted.signal);
    await until('it spins', () => pids.length === 5);
    aborted.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await until('it is gone', () => !isAlive(pids[4] ?? 0));
  });

  it('runs beside one other at most', async () => {
    const running = new Set<string>();
    const aborted = new AbortController();
    const jobs = ['1', '2', '3'].map((key) =>
      bad
        .extractFile({ ...request, name: 'spin', signal: aborted.signal, onProgress: () => running.add(key) })
        .catch(() => undefined),
    );
    await until('two spin', () => running.size === 2);
    aborted.abort();
    await Promise.all(jobs);
    expect(running.size).toBe(2);
  });

  it('does not outlive us, though it spins and we are killed', async () => {
    const program = join(import.meta.dirname, '../../fixtures/reading-program.ts');
    const parent = spawn(process.execPath, ['--no-warnings', program, join(folder, 'parent')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('it is gone', () => !isAlive(pid));
  });
});

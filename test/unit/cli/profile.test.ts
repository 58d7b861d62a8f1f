import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { profileCommand } from '../../../src/cli/profile.ts';
import { CliError } from '../../../src/shared/errors.ts';
import { MINIMAL, Sandbox } from '../profiles/sandbox.ts';

let printed: string;

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

const run = (...args: string[]) => profileCommand().parseAsync(args, { from: 'user' });

async function failure(...args: string[]): Promise<CliError> {
  const error: unknown = await run(...args).catch((error: unknown) => error);
  if (error instanceof CliError) return error;
  throw new Error('the command did not fail', { cause: error });
}

describe('orchestrator profile', () => {
  it('list names the shipped profiles', async () => {
    await run('list', '--json');
    expect(JSON.parse(printed)).toContainEqual(
      expect.objectContaining({ name: 'demo', origin: 'shipped', valid: true }),
    );
    await run('list');
    expect(printed).toMatch(/^demo +shipped +Any machine/m);
  });

  it('show prints what a setting on the command line makes of it', async () => {
    await run('show', 'demo', '--json', '--set', 'queue.age=5s', '--set', 'queue.length=1');
    expect(JSON.parse(printed)).toMatchObject({ name: 'demo', queue: { age: '5s', length: 1 } });
  });

  it('validate ends with 78 and all the problems of all the files', async () => {
    const sandbox = new Sandbox();
    const good = sandbox.write('good.yaml', MINIMAL);
    const bad = sandbox.write('bad.yaml', 'colour: red\n');
    const error = await failure('validate', good, bad, 'nowhere');
    expect(error.exitCode).toBe(78);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(printed).toBe(`${good}: valid\n`);
  });

  it('validate --json prints a verdict for each file', async () => {
    const sandbox = new Sandbox();
    const bad = sandbox.write('bad.yaml', 'colour: red\nexperts: { a: { model: { path: x } } }\n');
    expect((await failure('validate', 'demo', bad, '--json')).exitCode).toBe(78);
    expect(JSON.parse(printed)).toMatchObject([
      { profile: 'demo', valid: true, problems: [] },
      { profile: bad, valid: false, problems: [{ file: bad, line: 1, column: 1, path: 'colour' }] },
    ]);
  });

  it('validate says of whom it cannot tell whether they fit', async () => {
    const sandbox = new Sandbox();
    const file = sandbox.write(
      'far.yaml',
      'budget: { ram: { capacity: 1GiB, reserve: 0B } }\nexperts:\n  a: { model: { path: x.gguf } }\n' +
        '  b: { engine: command, context: 512, command: { argv: [serve, "{port}"] } }\n',
    );
    await run('validate', file, '--json');
    expect(JSON.parse(printed)).toMatchObject([
      {
        valid: true,
        notes: [
          expect.stringMatching(/whether a fits is not known: its model is not on this machine.*x\.gguf/),
          expect.stringMatching(/whether b fits is not known: .*footprint/),
        ],
      },
    ]);
  });

  it('schema prints the JSON schema', async () => {
    await run('schema');
    expect(JSON.parse(printed)).toMatchObject({ title: 'Orchestrator profile', properties: { experts: {} } });
  });

  it('init writes a valid profile and never overwrites', async () => {
    const sandbox = new Sandbox();
    const file = join(sandbox.directory, 'my machine.yaml');
    await run('init', file);
    const written = readFileSync(file, 'utf8');
    expect((await sandbox.load(file)).name).toBe('my-machine');
    expect((await failure('init', file)).message).toMatch(/is there already/);
    expect(readFileSync(file, 'utf8')).toBe(written);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { completionScript, SHELLS } from '../../../src/cli/completion-scripts.ts';
import { describeCommand } from '../../../src/cli/completion.ts';
import { createWholeProgram } from '../../../src/cli/program.ts';
import { expertView } from './fake-house.ts';

let directory: string;
let tree: ReturnType<typeof describeCommand>;

beforeAll(async () => {
  tree = describeCommand(await createWholeProgram());
  // In the place of the program: answers with two experts, as `status --json` prints them.
  directory = mkdtempSync(join(tmpdir(), 'orchestrator-completion-'));
  const experts = [expertView({ id: 'general' }), expertView({ id: 'coder' })];
  const program = join(directory, 'orchestrator');
  writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ stats: {}, experts }, null, 2)}\nEND\n`);
  chmodSync(program, 0o755);
});

afterAll(() => rmSync(directory, { recursive: true }));

/** What bash offers for the last word. */
function complete(...words: string[]): string[] {
  const script = `${completionScript('bash', tree)}
COMP_WORDS=(orchestrator ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_orchestrator; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const environment = { PATH: `${directory}:${process.env['PATH'] ?? ''}` };
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', env: environment })
    .split('\n')
    .filter(Boolean);
}

describe('completion', () => {
  it.each(SHELLS)('names every command in %s', (shell) => {
    const script = completionScript(shell, tree);
    for (const { name } of tree.commands) expect(script).toContain(name);
  });

  it('parses as bash', () => {
    const { status, stderr } = spawnSync('bash', ['--norc', '-n'], { input: completionScript('bash', tree) });
    expect(status, String(stderr)).toBe(0);
  });

  it('offers commands, subcommands, options and values', () => {
    expect(complete('st')).toEqual(['status', 'store']);
    expect(complete('profile', 'va')).toEqual(['validate']);
    expect(complete('status', '--w')).toEqual(['--watch']);
    expect(complete('completion', '')).toEqual(expect.arrayContaining([...SHELLS]));
    expect(complete('engine', 'install', '--backend', 'v')).toEqual(['vulkan']);
  });

  it('offers the commands of documents', () => {
    expect(complete('rag', 'add')).toEqual(['add', 'add-file', 'add-url']);
    expect(complete('rag', 'query', '--to')).toEqual(['--top-k']);
    expect(complete('rag', 'list', '--state', 'q')).toEqual(['queued', 'quarantined']);
    expect(complete('chat', '--kno')).toEqual(['--knowledge']);
  });

  it('offers the commands of people', () => {
    expect(complete('memory', 'ex')).toEqual(['export']);
    expect(complete('memory', 'list', '--state', 'q')).toEqual(['quarantined']);
    expect(complete('feedback', 'list', '--rating', '')).toEqual(['up', 'down']);
    expect(complete('conversation', 's')).toEqual(['show', 'search']);
    expect(complete('user', 'key', 'r')).toEqual(['revoke']);
    expect(complete('user', 'key', 'add', '--ac')).toEqual(['--act-as']);
    expect(complete('chat', '--no-m')).toEqual(['--no-memory']);
  });

  it('offers the experts of the running orchestrator', () => {
    expect(complete('load', 'ge')).toEqual(['general']);
    expect(complete('chat', '--model', '')).toEqual(['auto', 'general', 'coder']);
    expect(complete('logs', 'c')).toEqual(['coder']);
  });
});

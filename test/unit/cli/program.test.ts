import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';

import { COMMANDS, createProgram, createWholeProgram } from '../../../src/cli/program.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { AppError, CliError } from '../../../src/shared/errors.ts';
import { VERSION } from '../../../src/shared/version.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

async function parse(...args: string[]): Promise<{ error: unknown; said: string }> {
  let said = '';
  const program = await createProgram(args);
  const write = (text: string) => void (said += text);
  for (const command of [program, ...program.commands]) command.configureOutput({ writeOut: write, writeErr: write });
  try {
    await program.parseAsync(args, { from: 'user' });
    return { error: undefined, said };
  } catch (error) {
    return { error, said };
  }
}

const codeOf = (error: unknown) => reportError(error, () => undefined, {});

describe('the program', () => {
  it('lists every command with a sentence, and loads only the one that is asked for', async () => {
    const program = await createProgram(['status', '--json']);
    expect(program.commands.map((command) => command.name())).toEqual(COMMANDS.map(({ name }) => name));
    expect(program.commands.filter((command) => command.options.length > 0).map((command) => command.name())).toEqual([
      'status',
    ]);
    const help = program.helpInformation().replaceAll(/\s+/g, ' ');
    for (const { summary } of COMMANDS) expect(help).toContain(summary);
  });

  it('has under each name the command of that name, described', async () => {
    const program = await createWholeProgram();
    for (const [index, command] of program.commands.entries()) {
      expect(command.name()).toBe(COMMANDS[index]?.name);
      expect(command.description()).not.toBe('');
      expect(command.options.length + command.commands.length + command.registeredArguments.length).toBeGreaterThan(0);
    }
  });

  it.each([
    [['--version'], 0, VERSION],
    [['--help'], 0, 'Start here'],
    [['help', 'status'], 0, '--watch'],
    [['status', '--help'], 0, '--watch'],
    [[], 2, 'Usage'],
    [['statsu'], 2, 'Did you mean status?'],
    [['status', '--wacth'], 2, 'Did you mean --watch?'],
    [['load'], 2, "missing required argument 'expert'"],
    [['profile'], 2, 'validate'],
    [['completion', 'tcsh'], 2, 'bash, zsh, fish'],
  ])('ends %j with %i', async (args, code, text) => {
    const { error, said } = await parse(...args);
    expect(error).toBeInstanceOf(CommanderError);
    expect(codeOf(error)).toBe(code);
    expect(said).toContain(text);
  });

  it('tells who names a profile to `up` without its option what to write', async () => {
    const { error } = await parse('up', 'mine');
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('up --profile mine') as string });
  });
});

describe('a failure', () => {
  const told = (error: unknown, environment: NodeJS.ProcessEnv = {}) => {
    let text = '';
    const code = reportError(error, (more) => void (text += more), environment);
    return { code, text };
  };

  it('of the person is one sentence', () => {
    const error = new AppError('model_not_found', 'There is no expert "x".', { cause: new Error('inner') });
    expect(told(error)).toEqual({ code: 1, text: 'error: There is no expert "x".\n' });
  });

  it('of the system names its causes, once each', () => {
    const cause = new Error('no route to host', { cause: new Error('EHOSTUNREACH') });
    const { code, text } = told(new CliError('It cannot be reached.', 69, { cause }));
    expect(code).toBe(69);
    expect(text).toBe('error: It cannot be reached.\n  because: no route to host\n  because: EHOSTUNREACH\n');
  });

  it('that nobody foresaw says how to see more, and ORCHESTRATOR_DEBUG shows it', () => {
    expect(told(new TypeError('x is not a function')).text).toContain('ORCHESTRATOR_DEBUG=1');
    expect(told(new CliError('No.'), { ORCHESTRATOR_DEBUG: '1' }).text).toContain('program.test.ts');
  });
});

describe('bin/orchestrator.mjs', () => {
  const bin = resolve(ROOT, 'bin/orchestrator.mjs');

  it('is a shell script and a module', () => {
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8' }).trim()).toBe(VERSION);
    expect(execFileSync(process.execPath, [bin, '--version'], { encoding: 'utf8' }).trim()).toBe(VERSION);
  }, 60_000);

  it('ends quietly when its reader leaves, and with its own exit code otherwise', () => {
    const piped = spawnSync('bash', ['-c', `"${bin}" --help | true; echo \${PIPESTATUS[0]}`], { encoding: 'utf8' });
    expect(piped).toMatchObject({ stdout: '0\n', stderr: '' });
    const refused = spawnSync(bin, ['status', '--state-dir', '/nowhere'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect(refused.status).toBe(69);
  }, 60_000);
});

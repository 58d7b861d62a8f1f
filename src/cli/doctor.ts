import { styleText } from 'node:util';

import { Command, InvalidArgumentError } from 'commander';

import { resolvePaths } from '../shared/paths.ts';
import type { Check } from './doctor/check.ts';
import { checkMachine } from './doctor/machine.ts';
import { checkProfile } from './doctor/profile.ts';
import { checkRunning } from './doctor/running.ts';
import { readRuntimeFile } from './runtime-file.ts';

interface Options {
  profile?: string;
  port: number;
  stateDir?: string;
  json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'Checks the machine, the engines and model files of a profile, and the port. Starts nothing and changes nothing; ' +
        'ends with 1 when something is wrong, and says what to do about it.',
    )
    .option('-p, --profile <name|file>', 'the profile to check (default: the one that runs, else demo)')
    .option('--port <number>', 'the port to check', parsePort, 8082)
    .option('--state-dir <directory>', 'the state directory to check')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  orchestrator doctor\n  orchestrator doctor --profile ./mine.yaml --json')
    .action(async (options: Options) => {
      const paths = resolvePaths(process.env, options.stateDir);
      const name =
        options.profile ??
        process.env['ORCHESTRATOR_PROFILE'] ??
        readRuntimeFile(paths.stateDir)?.profileFile ??
        'demo';
      const checks = [
        ...(await checkMachine(paths, process.env)),
        ...(await checkProfile({ name, paths, environment: process.env })),
        ...(await checkRunning(paths.stateDir, options.port)),
      ];
      const failed = checks.filter(({ status }) => status === 'fail').length;
      const warned = checks.filter(({ status }) => status === 'warn').length;
      if (options.json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, checks }, null, 2)}\n`);
      else
        process.stdout.write(`${report(checks)}\n\n${checks.length} checks: ${failed} failed, ${warned} to look at.\n`);
      if (failed > 0) process.exitCode = 1;
    });
}

/** A longer one pushes its own line aside, not everybody's. */
const WIDEST = 34;
const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;

function report(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ about }) => Math.min(about.length, WIDEST)));
  return checks
    .map(({ about, status, sentence, fix }) => {
      const [colour, mark] = MARKS[status];
      const line = `${styleText(colour, mark, { stream: process.stdout })} ${about.padEnd(width)}  ${sentence}`;
      return fix === null ? line : `${line}\n${' '.repeat(width + 4)}→ ${fix}`;
    })
    .join('\n');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535');
  return port;
}

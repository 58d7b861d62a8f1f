import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';

import { Command } from 'commander';

import { CliError } from '../shared/errors.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { expertPath } from './experts.ts';
import { readEvents } from './read-events.ts';

interface Options extends ConnectionOptions {
  follow?: boolean;
  lines: number;
}

export function logsCommand(): Command {
  return withConnectionOptions(
    new Command('logs')
      .description(
        'Prints what the engine of an expert has written; without an expert, the log of the orchestrator itself.',
      )
      .argument('[expert]', 'its id, or an alias')
      .option('-f, --follow', 'go on as it is written, until Ctrl-C')
      .option('-n, --lines <number>', 'how many of the last lines', wholeNumber, 100)
      .addHelpText('after', '\nExamples:\n  orchestrator logs general -n 20\n  orchestrator logs general -f'),
  ).action(async (expert: string | undefined, options: Options) => {
    const path = expert === undefined ? '/api/logs' : expertPath(expert, '/logs');
    const response = await connect(options).open(
      `${path}?n=${options.lines}${options.follow ? '&follow=1' : ''}`,
      options.follow ? { headers: { accept: 'text/event-stream' } } : { headers: { accept: 'text/plain' } },
    );
    if (!options.follow) {
      const lines = await text(response);
      return void process.stdout.write(safe(lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`));
    }
    try {
      for await (const { data } of readEvents(response)) process.stdout.write(safe(`${data}\n`));
    } catch (error) {
      throw new CliError('the orchestrator broke off; its log can be followed again when it is up.', 1, {
        cause: error,
      });
    }
    process.stderr.write('the orchestrator ended the stream.\n');
  });
}

/** An engine's output must not steer the terminal of whoever reads it. */
function safe(lines: string): string {
  return stripVTControlCharacters(lines);
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new CliError(`-n takes a whole number of lines, not "${value}".`, 2);
  return Number(value);
}

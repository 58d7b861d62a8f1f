import { Command } from 'commander';

import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { statusLines } from './expert-table.ts';
import { readSnapshot } from './snapshot.ts';
import { wantsColours } from './terminal.ts';
import { watch } from './watch.ts';

interface Options extends ConnectionOptions {
  watch?: boolean;
  json?: boolean;
}

export function statusCommand(): Command {
  return withConnectionOptions(
    new Command('status')
      .description(
        'Shows every expert: its state, requests, memory, and why it failed last; and what of each counted memory is held.',
      )
      .option('-w, --watch', 'follow what happens until Ctrl-C; one line for each move where the output is no terminal')
      .option('--json', 'print JSON; with --watch one event a line'),
  ).action(async (options: Options) => {
    if (options.watch) return watch({ connect: () => connect(options), json: options.json ?? false });
    const snapshot = await readSnapshot(connect(options));
    if (options.json) return void process.stdout.write(`${JSON.stringify(snapshot, null, 2)}\n`);
    const lines = statusLines(snapshot, { now: Date.now(), colours: wantsColours(process.stdout) });
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}

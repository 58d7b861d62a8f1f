import { resolve } from 'node:path';

import { Command } from 'commander';

import type { ReloadView } from '../server/views.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { StatusLine } from './terminal.ts';

interface Options extends ConnectionOptions {
  set: string[];
  json?: boolean;
}

const ABOUT = `
What is the same in both profiles keeps its process and its streams; what changed or is gone is drained first. An invalid or
unknown profile changes nothing (exit code 78, with the place of each problem).

It holds for this run: POST /api/reload, SIGHUP and the file watch read the new profile from now on, and a restart (down, then
up) runs what \`up\` is given. Settings that \`up\` was given by --set belong to its profile: they go with it, and the answer
names them; give those that are to stay with --set here. Address, port and state directory are those of \`up\`, whatever the
profile; so are the environment variables that a profile refers to.

A file, and --set, are taken only from the user who started the orchestrator, on the same machine.

Examples:
  $ orchestrator profile use rtx4080-safe
  $ orchestrator profile use ./mine.yaml --set budget.maxLoadedExperts=1`;

const MEANINGS = {
  kept: 'as it was',
  updated: 'same process, other settings',
  replaced: 'drained; starts again when it is asked for',
  added: 'starts when it is asked for',
  removed: 'drained; its name is unknown now',
} as const;

/** `orchestrator profile use`: another profile in the running orchestrator. */
export function profileUseCommand(): Command {
  return withConnectionOptions(
    new Command('use')
      .description('switch the running orchestrator to another profile, touching only what differs')
      .argument('<profile>', 'name or file')
      .option(
        '--set <key=value>',
        'lay a setting upon it; may be repeated',
        (value: string, all: string[]) => [...all, value],
        [],
      )
      .option('--json', 'print JSON'),
  )
    .addHelpText('after', ABOUT)
    .action(use);
}

async function use(profile: string, { set, json, ...connection }: Options): Promise<void> {
  // A file is named from here, not from where the orchestrator was started.
  const chosen = /[/\\]|\.ya?ml$/.test(profile) ? resolve(profile) : profile;
  const client = connect(connection);
  const line = new StatusLine();
  // What its experts would take is worked out before anything changes; that can last where engines are asked.
  line.show(`checking ${profile} against this machine`);
  const view = await client
    .json<ReloadView>('/api/reload', { body: { profile: chosen, set } })
    .finally(() => line.clear());
  if (json) return void process.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
  process.stdout.write(`${report(view)}\n`);
  for (const note of view.notes) process.stderr.write(`${note}\n`);
}

function report(view: ReloadView): string {
  const rows = Object.entries(MEANINGS).flatMap(([what, meaning]) => {
    const ids = view[what as keyof typeof MEANINGS];
    return ids.length > 0 ? [`  ${what.padEnd(8)}  ${ids.join(', ')} (${meaning})`] : [];
  });
  return [`${view.profile} is in force (${view.file}).`, ...rows].join('\n');
}

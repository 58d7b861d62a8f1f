import { Command } from 'commander';

import type { PlanView } from '../server/views.ts';
import { CliError } from '../shared/errors.ts';
import { planLines } from './budget-table.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';

interface Options extends ConnectionOptions {
  profile?: string;
  loaded?: string;
  json?: boolean;
}

export function planCommand(): Command {
  return withConnectionOptions(
    new Command('plan')
      .description(
        'Says what would happen if an expert were requested now, and why, with the arithmetic. Starts nothing. With --profile it ' +
          'needs no running orchestrator, and no model files: what is not here is estimated from the shapes of known models.',
      )
      .argument('<expert>', 'its id, or an alias')
      .option('-p, --profile <name|file>', 'plan for this profile with nothing loaded, in place of asking what runs')
      .option('--loaded <experts>', 'with --profile: as if these were loaded, separated by commas')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator plan gemma3_multimodal
  orchestrator plan gemma3_multimodal --profile rtx4080
  orchestrator plan gemma3_multimodal --profile rtx4080 --loaded phi4_fast,mistral_balanced`,
      ),
  ).action(async (expert: string, options: Options) => {
    const view = await ask(expert, options);
    const text = options.json ? JSON.stringify(view, null, 2) : planLines(view).join('\n');
    process.stdout.write(`${text}\n`);
  });
}

async function ask(expert: string, options: Options): Promise<PlanView> {
  const { profile, loaded } = options;
  if (profile === undefined) {
    if (loaded !== undefined)
      throw new CliError('--loaded goes with --profile; a running orchestrator knows what is loaded.', 2);
    return connect(options).json<PlanView>('/api/plan', { body: { expert } });
  }
  // Loaded only here: asking a running orchestrator needs none of it.
  const { planOffline } = await import('./plan-offline.ts');
  return planOffline(expert, {
    profile,
    loaded:
      loaded
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [],
    note: (text) => console.error(text),
  });
}

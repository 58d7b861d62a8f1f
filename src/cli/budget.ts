import { Command } from 'commander';

import type { BudgetView } from '../server/views.ts';
import { budgetLines } from './budget-table.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';

export function budgetCommand(): Command {
  return withConnectionOptions(
    new Command('budget')
      .description(
        'Shows each memory that the profile counts: its capacity, what is set aside, what other programs hold, and which expert ' +
          'holds how much of the rest, predicted beside measured.',
      )
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator budget
  orchestrator budget --json | jq '.pools[] | {id, free}'

OTHERS is what other programs hold; it is subtracted where it is more than RESERVE. HELD is an expert's reservation or what was
measured, whichever is larger. A model file that several experts map counts once.`,
      ),
  ).action(async (options: ConnectionOptions & { json?: boolean }) => {
    const view = await connect(options).json<BudgetView>('/api/budget');
    const text = options.json ? JSON.stringify(view, null, 2) : budgetLines(view, Date.now()).join('\n');
    process.stdout.write(`${text}\n`);
  });
}

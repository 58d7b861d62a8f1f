import { Command } from 'commander';

import { addCommand, deleteCommand } from './feedback/change.ts';
import { exportCommand, listCommand } from './feedback/look.ts';

export function feedbackCommand(): Command {
  return new Command('feedback')
    .description(
      'What people say of answers: kept with the question and the answer where the profile says `feedback: { enabled: true }`. A ' +
        'rating with what should have been answered becomes a training example.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator feedback add REQUEST_ID down --ideal "It is in Oviedo."
  orchestrator feedback list --rating down
  orchestrator feedback export --all -o examples.jsonl`,
    )
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(exportCommand())
    .addCommand(deleteCommand());
}

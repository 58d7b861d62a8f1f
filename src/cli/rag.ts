import { Command } from 'commander';

import { addFileCommand } from './rag/add-file.ts';
import { addCommand, addUrlCommand } from './rag/add.ts';
import { approveCommand, clearCommand, deleteCommand, learnCommand } from './rag/change.ts';
import { exportCommand } from './rag/export.ts';
import { interactiveCommand } from './rag/interactive.ts';
import { collectionsCommand, listCommand, queryCommand, showCommand } from './rag/look.ts';

export function ragCommand(): Command {
  return new Command('rag')
    .description(
      'The documents that answers can rest on: each user’s own, kept by the running orchestrator where its profile says ' +
        '`knowledge: { enabled: true }`.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator rag add-file ~/contracts --collection home
  orchestrator rag query "when does the lease end?"
  orchestrator chat --knowledge "When does my lease end?"`,
    )
    .addCommand(addCommand())
    .addCommand(addFileCommand())
    .addCommand(addUrlCommand())
    .addCommand(listCommand())
    .addCommand(collectionsCommand())
    .addCommand(showCommand())
    .addCommand(queryCommand())
    .addCommand(deleteCommand())
    .addCommand(clearCommand())
    .addCommand(learnCommand())
    .addCommand(approveCommand())
    .addCommand(exportCommand())
    .addCommand(interactiveCommand());
}

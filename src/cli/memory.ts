import { Command } from 'commander';

import { addCommand, approveCommand, changeCommand } from './memory/change.ts';
import { clearCommand, forgetCommand } from './memory/forget.ts';
import { listCommand, searchCommand, showCommand } from './memory/look.ts';
import { exportCommand, importCommand } from './memory/transfer.ts';

export function memoryCommand(): Command {
  return new Command('memory')
    .description(
      'What is remembered of each user: to be seen, corrected and forgotten. Kept by the running orchestrator where its profile ' +
        'says `memory: { enabled: true }`. In a conversation "remember that …", "forget …" (recuerda que…, olvida…) do the same.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator memory list --user ana
  orchestrator memory add "Is allergic to nuts" --pin
  orchestrator memory forget "where I live"`,
    )
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(searchCommand())
    .addCommand(showCommand())
    .addCommand(changeCommand())
    .addCommand(forgetCommand())
    .addCommand(approveCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(clearCommand());
}

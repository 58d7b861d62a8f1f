import { Command } from 'commander';

import { deleteCommand } from './conversation/delete.ts';
import { exportCommand, listCommand, searchCommand, showCommand } from './conversation/look.ts';

export function conversationCommand(): Command {
  return new Command('conversation')
    .description(
      'The conversations of each user, kept by the running orchestrator where its profile says `conversations: { enabled: true }` ' +
        'and a request names the conversation that it belongs to.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator chat --conversation trip "We leave on Friday."
  orchestrator conversation list
  orchestrator conversation search friday`,
    )
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(searchCommand())
    .addCommand(exportCommand())
    .addCommand(deleteCommand());
}

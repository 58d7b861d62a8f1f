import { Command } from 'commander';

import { addCommand, passwdCommand, resumeCommand, suspendCommand } from './user/change.ts';
import { keyCommand } from './user/key.ts';
import { listCommand, showCommand } from './user/look.ts';
import { removeCommand } from './user/remove.ts';
import { usageCommand } from './user/usage.ts';

export function userCommand(): Command {
  return new Command('user')
    .description(
      'Who may use this orchestrator: people, their keys, and what they use up. Accounts are kept where the profile says ' +
        '`security: { auth: users }`. Needs the token of the run, which is found on the machine itself, or an administrator’s key.',
    )
    .addHelpText(
      'after',
      `
Examples:
  orchestrator user add ana
  orchestrator user key add ana --name laptop > ana.key
  orchestrator user key add webui --act-as --name "Open WebUI"
  orchestrator user suspend ana
  orchestrator user usage --by day`,
    )
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(suspendCommand())
    .addCommand(resumeCommand())
    .addCommand(passwdCommand())
    .addCommand(removeCommand())
    .addCommand(keyCommand())
    .addCommand(usageCommand());
}

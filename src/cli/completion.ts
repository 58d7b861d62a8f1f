import { Argument, type Command as CommandType, Command } from 'commander';

import { completionScript, type CommandTree, SHELLS, type Shell } from './completion-scripts.ts';

export function completionCommand(): Command {
  return new Command('completion')
    .description('Prints the script by which a shell completes commands, options and the names of running experts.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(orchestrator completion bash)                                    for this shell
  orchestrator completion zsh > "\${fpath[1]}/_orchestrator"                 for every zsh
  orchestrator completion fish > ~/.config/fish/completions/orchestrator.fish`,
    )
    .action(async (shell: Shell) => {
      // The whole program, loaded only here: the script is made from what the commands themselves say.
      const { createWholeProgram } = await import('./program.ts');
      process.stdout.write(completionScript(shell, describeCommand(await createWholeProgram())));
    });
}

/** A command and what is below it, as the scripts need it. */
export function describeCommand(command: CommandType): CommandTree {
  return {
    name: command.name(),
    summary: firstSentence(command.summary() || command.description()),
    options: command.options
      .filter((option) => !option.hidden)
      .map((option) => ({
        flags: [option.short, option.long].filter((flag) => flag !== undefined),
        summary: firstSentence(option.description),
        takesValue: option.required || option.optional,
        choices: option.argChoices ?? [],
      })),
    choices: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    takesExpert: command.registeredArguments.some((argument) => argument.name() === 'expert'),
    commands: command.commands.map(describeCommand),
  };
}

const firstSentence = (text: string) => text.split(/\.(?:\s|$)/)[0]?.replaceAll(/\s+/g, ' ') ?? '';

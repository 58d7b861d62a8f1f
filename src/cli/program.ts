import { Command } from 'commander';

import { VERSION } from '../shared/version.ts';

interface Entry {
  readonly name: string;
  /** The line in the list of commands; a command's own help may say more. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of the help. Only the one that was asked for is loaded. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'up',
    summary: 'start the orchestrator with a profile, in the foreground',
    load: async () => (await import('./up.ts')).upCommand(),
  },
  {
    name: 'down',
    summary: 'let running requests finish, stop every engine, and end',
    load: async () => (await import('./down.ts')).downCommand(),
  },
  {
    name: 'status',
    summary: 'experts, their states, memory and queues',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  {
    name: 'load',
    summary: 'load an expert now',
    load: async () => (await import('./load.ts')).loadCommand(),
  },
  {
    name: 'unload',
    summary: 'unload an expert, or all of them',
    load: async () => (await import('./unload.ts')).unloadCommand(),
  },
  {
    name: 'pin',
    summary: 'keep an expert from being unloaded',
    load: async () => (await import('./pin.ts')).pinCommand(),
  },
  {
    name: 'unpin',
    summary: 'let an expert be unloaded again',
    load: async () => (await import('./pin.ts')).unpinCommand(),
  },
  {
    name: 'plan',
    summary: 'what would happen if an expert were requested, and why',
    load: async () => (await import('./plan.ts')).planCommand(),
  },
  {
    name: 'route',
    summary: 'which expert would serve a request that names none, and why',
    load: async () => (await import('./route.ts')).routeCommand(),
  },
  {
    name: 'budget',
    summary: 'memory: capacity, who holds how much, what is free',
    load: async () => (await import('./budget.ts')).budgetCommand(),
  },
  {
    name: 'pause',
    summary: 'give the GPUs back to the person at the desk',
    load: async () => (await import('./pause.ts')).pauseCommand(),
  },
  {
    name: 'resume',
    summary: 'take the GPUs again',
    load: async () => (await import('./pause.ts')).resumeCommand(),
  },
  {
    name: 'logs',
    summary: 'what an engine, or the orchestrator itself, has written',
    load: async () => (await import('./logs.ts')).logsCommand(),
  },
  {
    name: 'chat',
    summary: 'ask an expert, once or in conversation',
    load: async () => (await import('./chat.ts')).chatCommand(),
  },
  {
    name: 'rag',
    summary: 'your documents: add, find, show and delete them',
    load: async () => (await import('./rag.ts')).ragCommand(),
  },
  {
    name: 'memory',
    summary: 'what is remembered of you: see, correct and forget it',
    load: async () => (await import('./memory.ts')).memoryCommand(),
  },
  {
    name: 'conversation',
    summary: 'your conversations: list, search and delete them',
    load: async () => (await import('./conversation.ts')).conversationCommand(),
  },
  {
    name: 'feedback',
    summary: 'what was good or bad about answers, and training examples',
    load: async () => (await import('./feedback.ts')).feedbackCommand(),
  },
  {
    name: 'user',
    summary: 'who may use this: people, their keys, and what they use up',
    load: async () => (await import('./user.ts')).userCommand(),
  },
  {
    name: 'store',
    summary: 'back up and restore everybody’s documents',
    load: async () => (await import('./store.ts')).storeCommand(),
  },
  {
    name: 'profile',
    summary: 'list, show, validate and write profiles',
    load: async () => (await import('./profile.ts')).profileCommand(),
  },
  {
    name: 'engine',
    summary: 'list, install and probe engine programs',
    load: async () => (await import('./engine.ts')).engineCommand(),
  },
  {
    name: 'model',
    summary: 'pull, list, inspect and remove model files',
    load: async () => (await import('./model.ts')).modelCommand(),
  },
  {
    name: 'doctor',
    summary: 'check the machine, engines, model files and ports, and say what to mend',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./completion.ts')).completionCommand(),
  },
];

/**
 * The program for these arguments: the command that they name is loaded whole, the others are names in the help.
 * Usage errors and help throw commander's error in place of ending the process.
 */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const wanted = args[0] === 'help' ? args[1] : args.find((arg) => !arg.startsWith('-'));
  return assemble((entry) => entry.name === wanted);
}

/** The program with every command loaded; for what needs the whole tree. */
export function createWholeProgram(): Promise<Command> {
  return assemble(() => true);
}

async function assemble(isWanted: (entry: Entry) => boolean): Promise<Command> {
  const program = new Command('orchestrator')
    .description('One machine, a team of local language-model experts, one OpenAI-compatible endpoint.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .showSuggestionAfterError();
  for (const entry of COMMANDS) {
    const command = isWanted(entry) ? await entry.load() : new Command(entry.name).summary(entry.summary);
    if (!command.summary()) command.summary(entry.summary);
    inherit(program, command);
    program.addCommand(command);
  }
  return program;
}

/** A command that is built in its own file does not take over the settings of the program by itself. */
function inherit(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(command, child);
}

const EXAMPLES = `
Start here:
  orchestrator up --profile demo         one endpoint for every expert of a profile
  orchestrator status --watch            what each expert does, as it happens
  orchestrator chat "Say hello"          an answer from whichever expert is the default

Exit codes: 0 done, 1 failed, 2 wrong usage, 69 no orchestrator answers, 78 the profile is invalid.
ORCHESTRATOR_URL and ORCHESTRATOR_TOKEN name the orchestrator to talk to; ORCHESTRATOR_DEBUG=1 shows stacks.`;

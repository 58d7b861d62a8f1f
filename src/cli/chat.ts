import { text } from 'node:stream/consumers';

import { Command } from 'commander';

import { CliError } from '../shared/errors.ts';
import { streamAnswer, type ChatMessage } from './answer-stream.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { collect } from './rag/connection.ts';
import { converse } from './converse.ts';
import { showAnswer } from './show-answer.ts';

interface Options extends ConnectionOptions {
  model: string;
  system?: string;
  user?: string;
  maxTokens?: number;
  temperature?: number;
  knowledge?: boolean;
  collection?: readonly string[];
  memory?: boolean;
  conversation?: string;
  json?: boolean;
}

export function chatCommand(): Command {
  return withConnectionOptions(
    new Command('chat')
      .description(
        'Asks an expert and shows the answer as it comes. Without a prompt: a conversation, or what is piped in.',
      )
      .argument('[prompt...]', 'the question')
      .option('-m, --model <expert>', 'an expert, alias or variant; auto: the orchestrator chooses', 'auto')
      .option('-s, --system <text>', 'how it should behave')
      .option('-u, --user <name>', 'on whose behalf (heeded of the person at this machine)')
      .option('-k, --knowledge', 'let the answer rest on your documents (see `orchestrator rag`)')
      .option('--no-knowledge', 'keep them out, whatever the profile says')
      .option('-c, --collection <name>', 'on those of this collection alone (repeatable)', collect)
      .option('--memory', 'let it know what is remembered of you, and remember what you say')
      .option('--no-memory', 'neither, whatever the profile says')
      .option(
        '--conversation <id>',
        'the conversation that this belongs to, by a name of your own; kept where the profile says so',
      )
      .option('--max-tokens <number>', 'longest answer, in tokens', wholeNumber)
      .option('-t, --temperature <number>', '0 is sober, 1 is lively', decimal)
      .option('--json', 'print the whole answer as JSON when it is there')
      .addHelpText(
        'after',
        '\nExamples:\n  orchestrator chat "What is the capital of France?"\n  git diff | orchestrator chat --system "Write a commit message for this."\n  orchestrator chat --model coder\n  orchestrator chat --knowledge "When does my lease end?"',
      ),
  ).action(async (words: string[], options: Options) => {
    const client = connect(options);
    const system: ChatMessage[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
    const { model, user, maxTokens, temperature, memory, conversation } = options;
    const { collection } = options;
    const knowledge = collection === undefined ? options.knowledge : { collections: collection };
    const request = { model, user, maxTokens, temperature, knowledge, memory, conversation, messages: system };
    if (words.length === 0 && process.stdin.isTTY) return converse(client, request);
    const prompt = words.length > 0 ? words.join(' ') : await text(process.stdin);
    if (prompt.trim() === '') throw new CliError('there is no question: give one as an argument, or pipe one in.', 2);
    const asked = { ...request, messages: [...system, { role: 'user' as const, content: prompt }] };
    if (options.json) {
      const answer = await streamAnswer(client, asked, { onText: () => undefined });
      return void process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    }
    await showAnswer(client, asked);
  });
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new CliError(`--max-tokens takes a whole number above 0, not "${value}".`, 2);
  return Number(value);
}

function decimal(value: string): number {
  if (!/^\d+(\.\d+)?$/.test(value)) throw new CliError(`--temperature takes a number such as 0.7, not "${value}".`, 2);
  return Number(value);
}

import { createInterface } from 'node:readline';

import { CliError, messageOf } from '../shared/errors.ts';
import type { ChatMessage, ChatRequest } from './answer-stream.ts';
import type { Client } from './client.ts';
import { listExperts } from './experts.ts';
import { showAnswer } from './show-answer.ts';
import { dim } from './terminal.ts';

const HELP = `/model NAME  talk to another expert (without a name: which there are)
/reset       forget the conversation
/quit        leave; so does Ctrl-D, and Ctrl-C at the prompt (during an answer it ends the answer)`;

/** What a conversation can do besides. */
export interface Extras {
  /** By the word that begins a line, `/search`. */
  readonly commands: Readonly<Record<string, { readonly help: string; readonly run: (rest: string) => Promise<void> }>>;
  /** Answers in the place of an expert. */
  readonly answer?: ((question: string) => Promise<void>) | undefined;
  readonly greeting: string;
}

/** A conversation at the terminal, until the person leaves. Errors are shown and the conversation goes on. */
export async function converse(client: Client, initial: ChatRequest, extras?: Extras): Promise<void> {
  const readline = createInterface({ input: process.stdin, output: process.stdout, historySize: 1_000 });
  const say = (text: string) => process.stderr.write(`${dim(text, process.stderr)}\n`);
  let { model } = initial;
  let messages: ChatMessage[] = [...initial.messages];
  let answering: AbortController | undefined;

  readline.on('SIGINT', () => (answering ? answering.abort() : readline.close()));
  // What is piped in may have ended while its first lines are still being answered.
  let isOpen = true;
  readline.once('close', () => (isOpen = false));
  const prompt = () => {
    if (!isOpen) return;
    readline.setPrompt(extras?.answer ? 'search> ' : `${model}> `);
    readline.prompt();
  };
  const ask = async (question: string) => {
    const asked: ChatMessage[] = [...messages, { role: 'user', content: question }];
    const aborter = new AbortController();
    answering = aborter;
    try {
      const answer = await showAnswer(client, { ...initial, model, messages: asked }, aborter.signal);
      messages = [...asked, { role: 'assistant', content: answer.content }];
    } catch (error) {
      // The question counts as never asked: a half answer would confuse the next one.
      say(aborter.signal.aborted ? '(ended)' : `error: ${messageOf(error)}`);
    } finally {
      answering = undefined;
    }
  };

  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      say(`error: ${messageOf(error)}`);
    }
  };

  say(extras?.greeting ?? `Talking to ${model} at ${client.url.origin}. /help lists the commands, Ctrl-D leaves.`);
  prompt();
  for await (const line of readline) {
    const [word = '', name] = line.trim().split(/\s+/);
    if (word === '/quit' || word === '/exit') break;
    const extra = extras && Object.hasOwn(extras.commands, word) ? extras.commands[word] : undefined;
    if (extra) await attempt(() => extra.run(line.trim().slice(word.length).trim()));
    else if (word === '/reset') {
      messages = [...initial.messages];
      say('(a new conversation)');
    } else if (word === '/model' && name === undefined) say(await names(client));
    else if (word === '/model' && name !== undefined) model = name;
    else if (word.startsWith('/')) say(helpOf(extras));
    else if (word !== '' && extras?.answer) await attempt(() => extras.answer?.(line.trim()) ?? Promise.resolve());
    else if (word !== '') await ask(line.trim());
    prompt();
  }
  readline.close();
  process.stdout.write('\n');
}

function helpOf(extras: Extras | undefined): string {
  const own = Object.entries(extras?.commands ?? {}).map(([name, { help }]) => `${name.padEnd(12)} ${help}`);
  return [...own, HELP].join('\n');
}

/** The names of the experts that hold a conversation. Needs an administrator's key; a plain user's key lists models elsewhere. */
async function names(client: Client): Promise<string> {
  try {
    const experts = await listExperts(client);
    return ['auto', ...experts.filter((expert) => expert.task === 'generate').map((expert) => expert.id)].join(', ');
  } catch (error) {
    return error instanceof CliError ? error.message : messageOf(error);
  }
}

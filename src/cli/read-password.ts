import { text } from 'node:stream/consumers';

import { CliError } from '../shared/errors.ts';

const LONGEST = 1_024;
const INTERRUPT = '\u0003';
const END = '\u0004';

/**
 * Passwords, one for each question: at a terminal asked for without showing them, twice where it is a `new` one; else the first lines of
 * the input. Never an argument, which everybody on the machine could read.
 */
export async function readPasswords(
  questions: readonly { readonly what: string; readonly isNew: boolean }[],
): Promise<string[]> {
  if (!process.stdin.isTTY) {
    const lines = (await text(process.stdin)).split(/\r?\n/);
    return questions.map((_, index) => checked(lines[index] ?? ''));
  }
  const passwords: string[] = [];
  for (const { what, isNew } of questions) {
    const password = checked(await askHidden(`${what}: `));
    if (isNew && (await askHidden('Once more: ')) !== password)
      throw new CliError('the two are not the same; nothing was changed.', 2);
    passwords.push(password);
  }
  return passwords;
}

/** A new one. */
export async function readNewPassword(what: string): Promise<string> {
  const [password = ''] = await readPasswords([{ what, isNew: true }]);
  return password;
}

function checked(password: string): string {
  if (password === '') throw new CliError('there is no password: type one, or pipe one in.', 2);
  if (password.length <= LONGEST) return password;
  throw new CliError(`a password has at most ${LONGEST} characters.`, 2);
}

async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8').resume();
  let typed = '';
  try {
    for await (const piece of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
      for (const character of piece) {
        if (character === INTERRUPT) throw new CliError('interrupted; nothing was changed.', 130);
        if (character === '\r' || character === '\n' || character === END) return typed;
        typed = character === '\u007F' || character === '\b' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

import { text } from 'node:stream/consumers';

import { CliError } from '../shared/errors.ts';

const LONGEST = 1_024;
const INTERRUPT = '\u0003';
const END = '\u0004';
/** As a shell ends what Ctrl-C has ended. */
const INTERRUPTED = 130;

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
  using prompt = new HiddenPrompt();
  const passwords: string[] = [];
  for (const { what, isNew } of questions) {
    const password = checked(await prompt.ask(`${what}: `));
    if (isNew && (await prompt.ask('Once more: ')) !== password)
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

/** Asks one thing after the other; what is typed is not shown. What was typed ahead belongs to the next question. */
class HiddenPrompt {
  #ahead = '';
  #onTyped: () => void = () => undefined;
  readonly #listen = (text: string) => {
    this.#ahead += text;
    this.#onTyped();
  };

  constructor() {
    process.stdin.setRawMode(true).setEncoding('utf8').on('data', this.#listen).resume();
  }

  async ask(question: string): Promise<string> {
    process.stderr.write(question);
    let typed = '';
    for (;;) {
      const character = await this.#next();
      if (character === INTERRUPT || character === '\r' || character === '\n' || character === END) {
        process.stderr.write('\n');
        if (character === INTERRUPT) throw new CliError('interrupted; nothing was changed.', INTERRUPTED);
        return typed;
      }
      typed = character === '\u007F' || character === '\b' ? typed.slice(0, -1) : typed + character;
    }
  }

  [Symbol.dispose](): void {
    process.stdin.off('data', this.#listen).setRawMode(false).pause();
  }

  async #next(): Promise<string> {
    while (this.#ahead === '') await new Promise<void>((resolve) => (this.#onTyped = resolve));
    const [character = ''] = this.#ahead;
    this.#ahead = this.#ahead.slice(character.length);
    return character;
  }
}

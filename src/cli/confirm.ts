import { createInterface } from 'node:readline/promises';

import { CliError } from '../shared/errors.ts';

/** Asks a person at the terminal. @throws CliError 2 where nobody is there. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliError('nobody is there to be asked; say --yes where it is meant.', 2);
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^(?:y|yes|s|si|sí)$/i.test((await readline.question(`${question} [y/N] `)).trim());
  } finally {
    readline.close();
  }
}

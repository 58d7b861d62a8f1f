import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';

import { CliError } from '../shared/errors.ts';
import { plainText } from './plain.ts';

/** Lines of JSON into a new file of this name, or to the output. */
export async function writeExport(response: IncomingMessage, output: string | undefined): Promise<void> {
  if (output === undefined) {
    response.setEncoding('utf8');
    for await (const piece of response as AsyncIterable<string>)
      process.stdout.write(process.stdout.isTTY ? plainText(piece) : piece);
    return;
  }
  try {
    await pipeline(response, createWriteStream(output, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new CliError(`${output} is there already; name another file.`, 1, { cause: error });
  }
  process.stderr.write(`written: ${output}\n`);
}

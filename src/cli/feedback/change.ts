import { text as textOf } from 'node:stream/consumers';

import { Argument, type Command } from 'commander';

import { messageOf } from '../../shared/errors.ts';
import { connect } from '../client.ts';
import { Person, personDataCommand, type PersonOptions, untilOpen } from '../people.ts';
import { plainLine } from '../plain.ts';
import { print, queryOf } from '../rag/connection.ts';
import { openFeedback } from './look.ts';

interface AddOptions extends PersonOptions {
  readonly ideal?: string;
  readonly comment?: string;
}

interface Added {
  readonly request_id: string;
  readonly rating: string;
  /** Absent where it only teaches the router. */
  readonly id?: string;
}

export function addCommand(): Command {
  return personDataCommand('add', 'Rates one of the last answers.')
    .argument('<request>', 'x-request-id of the answer (`chat --json` prints it)')
    .addArgument(new Argument('<rating>', 'how it was').choices(['up', 'down']))
    .option('-i, --ideal <text>', 'what should have been answered; - where it is piped in')
    .option('-c, --comment <text>', 'what was good or bad about it')
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator feedback add req_… up\n  orchestrator feedback add req_… down --ideal "It is in Oviedo." --comment "wrong city"',
    )
    .action(async (request: string, rating: string, { ideal, comment, ...options }: AddOptions) => {
      // Where feedback is off, a rating may teach the router all the same.
      const person = new Person(connect(options), options.user);
      const body = {
        request_id: request,
        rating,
        ideal_response: ideal === '-' ? await textOf(process.stdin) : ideal,
        comment,
      };
      const added = await untilOpen(() => person.json<Added>('/v1/feedback', { body }));
      print(options, added, () => [
        added.id === undefined ? `rated ${rating}: the router learns from it` : `rated ${rating}: ${added.id}`,
      ]);
    });
}

interface DeleteOptions extends PersonOptions {
  readonly of?: string;
}

export function deleteCommand(): Command {
  return personDataCommand('delete', 'Erases feedback. Ends with 1 where some is not there.')
    .argument('<id...>', 'ids, as `feedback list` shows them')
    .option('--of <name>', 'whose it is, of an administrator who speaks for nobody else')
    .action(async (ids: string[], { of, ...options }: DeleteOptions) => {
      const person = await openFeedback(options);
      const outcomes: { id: string; failure: string | null }[] = [];
      for (const id of ids) {
        const path = `/api/feedback/${encodeURIComponent(id)}${queryOf({ user: of })}`;
        outcomes.push({ id, failure: await person.json(path, { method: 'DELETE' }).then(() => null, messageOf) });
      }
      print(options, { feedback: outcomes }, () =>
        outcomes.map(({ id, failure }) =>
          failure === null ? `deleted: ${id}` : `failed: ${plainLine(id)}: ${plainLine(failure)}`,
        ),
      );
      if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
    });
}

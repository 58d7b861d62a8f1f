import { Command } from 'commander';

import type { KeyListJson, MadeKeyJson, NewKeyJson } from '../../server/identity/views.ts';
import { CliError, messageOf } from '../../shared/errors.ts';
import { plainLine } from '../plain.ts';
import { collect, numberOption, print } from '../rag/connection.ts';
import { open, userDataCommand, type UserOptions, userPath } from './connection.ts';
import { keyTable } from './show-keys.ts';

export function keyCommand(): Command {
  return new Command('key')
    .description('Keys of users: made, listed, and revoked within seconds.')
    .addCommand(addCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

interface AddOptions extends UserOptions {
  readonly name?: string;
  readonly admin?: boolean;
  readonly expires?: string;
  readonly expert?: string[];
  readonly route?: string[];
  readonly actAs?: boolean;
  readonly knowledge?: boolean;
  readonly memory?: boolean;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrent?: number;
  readonly requestsPerDay?: number;
  readonly tokensPerDay?: number;
}

function addCommand(): Command {
  return userDataCommand(
    'add',
    'Makes a key and prints it, alone and this once: only its digest is kept. What is not restricted, the key may as its user may.',
  )
    .argument('<user>', 'whose')
    .option('--name <text>', 'what it is for')
    .option('--expires <date>', 'until when it counts')
    .option('--expert <id>', 'for this expert alone (repeatable)', collect)
    .option('--route <path>', 'for this route alone, such as /v1/chat/completions or /v1/* (repeatable)', collect)
    .option('--act-as', 'for a front end: it says for whom it speaks (X-OpenWebUI-User-Id, or `user`)')
    .option('--admin', 'to manage (its user must be an administrator)')
    .option('--knowledge', 'its answers rest on documents unless a request says otherwise')
    .option('--no-knowledge', 'they do not unless a request says so')
    .option('--memory', 'its user is remembered unless a request says otherwise')
    .option('--no-memory', 'not unless a request says so')
    .option('--requests-per-minute <number>', 'at most', numberOption)
    .option('--tokens-per-minute <number>', 'at most, of prompts and answers together', numberOption)
    .option('--concurrent <number>', 'at a time, at most', numberOption)
    .option('--requests-per-day <number>', 'at most, from midnight to midnight (UTC)', numberOption)
    .option('--tokens-per-day <number>', 'at most, from midnight to midnight (UTC)', numberOption)
    .addHelpText(
      'after',
      '\nExamples:\n  orchestrator user key add ana --name laptop\n  orchestrator user key add ben --expert phi4_fast --requests-per-minute 20 --tokens-per-day 200000 --expires 2027-01-01\n  orchestrator user key add webui --act-as --name "Open WebUI" > webui.key',
    )
    .action(async (user: string, options: AddOptions) => {
      const made = await open(options).json<MadeKeyJson>(userPath(user, '/keys'), { body: bodyOf(options) });
      print(options, made, () => [made.key]);
      if (!options.json)
        process.stderr.write(`${made.id} of ${plainLine(made.user)}. Keep the key safe: it is shown this once.\n`);
    });
}

function listCommand(): Command {
  return userDataCommand('list', 'Lists keys, revoked ones too: those of a user, or your own.')
    .argument('[user]', 'whose')
    .action(async (user: string | undefined, options: UserOptions) => {
      const path = user === undefined ? '/api/keys' : userPath(user, '/keys');
      const { keys } = await open(options).json<KeyListJson>(path);
      print(options, { keys }, () => (keys.length === 0 ? [] : keyTable(keys)));
      if (keys.length === 0 && !options.json)
        process.stderr.write('there are none. Make one: orchestrator user key add NAME\n');
    });
}

function revokeCommand(): Command {
  return userDataCommand(
    'revoke',
    'Has keys count no more. What runs with them ends within seconds. Ends with 1 where one is not there.',
  )
    .argument('<id...>', 'ids, as `user key list` shows them')
    .action(async (ids: string[], options: UserOptions) => {
      const client = open(options);
      const outcomes: { id: string; failure: string | null }[] = [];
      for (const id of ids) {
        const path = `/api/keys/${encodeURIComponent(id)}`;
        outcomes.push({ id, failure: await client.json(path, { method: 'DELETE' }).then(() => null, messageOf) });
      }
      print(options, { keys: outcomes }, () =>
        outcomes.map(({ id, failure }) =>
          failure === null ? `revoked: ${id}` : `failed: ${plainLine(id)}: ${plainLine(failure)}`,
        ),
      );
      if (outcomes.some(({ failure }) => failure !== null)) process.exitCode = 1;
    });
}

function bodyOf(options: AddOptions): NewKeyJson {
  const { name, admin, expires, expert, route, actAs, knowledge, memory } = options;
  const { requestsPerMinute, tokensPerMinute, concurrent, requestsPerDay, tokensPerDay } = options;
  const rateLimit = { requestsPerMinute, tokensPerMinute, concurrent };
  const budget = { requestsPerDay, tokensPerDay };
  return {
    ...(name !== undefined && { name }),
    ...(admin !== undefined && { admin }),
    ...(expires !== undefined && { expires: momentOf(expires) }),
    scopes: {
      ...(expert && { experts: expert }),
      ...(route && { routes: route }),
      ...(actAs && { actAs }),
      ...(knowledge !== undefined && { knowledge }),
      ...(memory !== undefined && { memory }),
      ...(isSaid(rateLimit) && { rateLimit }),
      ...(isSaid(budget) && { budget }),
    },
  };
}

const isSaid = (limits: object) => Object.values(limits).some((limit) => limit !== undefined);

/** A day alone is meant whole. */
function momentOf(text: string): string {
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text);
  if (Number.isNaN(at)) throw new CliError(`"${text}" is no date; write it like 2027-01-31.`, 2);
  return new Date(at).toISOString();
}

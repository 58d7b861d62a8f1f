import type { Command } from 'commander';

import type {
  ConversationListJson,
  ConversationSearchJson,
  ConversationWithTurnsJson,
  TurnJson,
} from '../../server/memory/views.ts';
import { listAll, openPerson, personCommand, personDataCommand, type PersonOptions } from '../people.ts';
import { plainLine, plainText } from '../plain.ts';
import { numberOption, print, queryOf } from '../rag/connection.ts';
import { tableLines } from '../table.ts';
import { writeExport } from '../write-export.ts';

export const openConversations = (options: PersonOptions) => openPerson(options, '/api/conversations');
export const conversationPath = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;

interface ListOptions extends PersonOptions {
  readonly limit: number;
}

export function listCommand(): Command {
  return personDataCommand('list', 'Lists conversations, the last one first.')
    .option('-n, --limit <number>', 'at most so many', numberOption, 100)
    .action(async (options: ListOptions) => {
      const person = await openConversations(options);
      const conversations = await listAll(options.limit, async (after, limit) => {
        const list = await person.json<ConversationListJson>(`/api/conversations${queryOf({ after, limit })}`);
        return { page: list.conversations, next: list.next };
      });
      print(options, { conversations }, () =>
        conversations.length === 0
          ? []
          : tableLines(
              [
                ['ID', 'LAST (UTC)', 'TURNS', 'TITLE'],
                ...conversations.map(({ id, updated, turns, title, private: isPrivate }) => [
                  plainLine(id),
                  minute(updated),
                  String(turns),
                  `${plainLine(title)}${isPrivate ? ' (private: nothing more is kept of it)' : ''}`,
                ]),
              ],
              [2],
            ),
      );
      if (conversations.length === 0 && !options.json)
        process.stderr.write(
          'there are none. One is kept when a request names it: orchestrator chat --conversation NAME\n',
        );
    });
}

export function showCommand(): Command {
  return personDataCommand('show', 'Shows a conversation, turn by turn.')
    .argument('<id>', 'its id, as `conversation list` shows it')
    .action(async (id: string, options: PersonOptions) => {
      const person = await openConversations(options);
      const first = await person.json<ConversationWithTurnsJson>(conversationPath(id));
      const messages: TurnJson[] = [...first.messages];
      for (let { next } = first; next !== null;) {
        const page = await person.json<ConversationWithTurnsJson>(`${conversationPath(id)}${queryOf({ from: next })}`);
        messages.push(...page.messages);
        next = page.next;
      }
      print(options, { ...first, messages, next: null }, () => messages.flatMap(turnLines));
    });
}

interface SearchOptions extends PersonOptions {
  readonly limit: number;
}

export function searchCommand(): Command {
  return personDataCommand('search', 'Finds turns that have all of these words, whatever their case and accents.')
    .argument('<word...>', 'words')
    .option('-n, --limit <number>', 'at most so many', numberOption, 20)
    .action(async (words: string[], options: SearchOptions) => {
      const person = await openConversations(options);
      const body = { query: words.join(' '), limit: options.limit };
      const found = await person.json<ConversationSearchJson>('/api/conversations/search', { body });
      print(options, found, () =>
        found.turns.flatMap((turn) => [`${plainLine(turn.conversation)}, turn ${turn.ord + 1}`, ...turnLines(turn)]),
      );
      if (found.turns.length === 0 && !options.json) process.stderr.write('nothing was found.\n');
    });
}

interface ExportOptions extends PersonOptions {
  readonly output?: string;
}

export function exportCommand(): Command {
  return personCommand('export', 'Writes every conversation of a user, each as a line of JSON.')
    .option('-o, --output <file>', 'write to a new file of this name (default: the output)')
    .action(async (options: ExportOptions) => {
      const person = await openConversations(options);
      await writeExport(await person.open('/api/conversations/export', { method: 'POST' }), options.output);
    });
}

function turnLines({ role, text, at, expert }: TurnJson): string[] {
  const who = role === 'user' ? 'user' : (expert ?? 'assistant');
  const lines = plainText(text).split('\n');
  return [`${minute(at)}  ${plainLine(who)}:`, ...lines.map((line) => `    ${line}`.trimEnd())];
}

const minute = (moment: string) => moment.slice(0, 16).replace('T', ' ');

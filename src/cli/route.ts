import { text } from 'node:stream/consumers';

import { Command } from 'commander';

import type { RouteView, UtteranceView } from '../server/views.ts';
import { CliError } from '../shared/errors.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { candidateTable, routeLines } from './route-table.ts';

interface Options extends ConnectionOptions {
  image?: boolean;
  tools?: boolean;
  domain?: string;
  candidates?: boolean;
  approve?: number;
  reject?: number;
  json?: boolean;
}

/** One pixel. */
const IMAGE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function routeCommand(): Command {
  return withConnectionOptions(
    new Command('route')
      .description(
        'Says which expert would serve a request that names none, and why: its domain and by what it is known, who was excluded, who ' +
          'comes next, and what loading costs. Serves nothing.',
      )
      .argument('[text...]', 'what the user would say; else what is piped in')
      .option('--image', 'as if an image were shown')
      .option('--tools', 'as if tools were offered')
      .option('--domain <name>', 'as if the request named its domain; with --approve: of this domain')
      .option('--candidates', 'list what could be learned from use (router.learn: true)')
      .option(
        '--approve <number>',
        'a candidate is right; `npm run router:train -- --from-feedback FILE` learns it',
        candidateNumber,
      )
      .option('--reject <number>', 'a candidate is not to be learned', candidateNumber)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator route "Why does my loop never end?"
  orchestrator route --image "¿Qué pone en este cartel?"
  orchestrator route --json < long-letter.txt
  orchestrator route --candidates; orchestrator route --approve 3 --domain technical`,
      ),
  ).action(async (words: string[], options: Options) => {
    const client = connect(options);
    const print = (view: unknown, lines: () => string[]) =>
      void process.stdout.write(`${options.json ? JSON.stringify(view, null, 2) : lines().join('\n')}\n`);
    if (options.candidates) {
      const view = await client.json<{ candidates: UtteranceView[] }>('/api/route/candidates');
      return print(view, () => candidateTable(view.candidates));
    }
    if (options.approve !== undefined || options.reject !== undefined) {
      const body =
        options.approve === undefined ? { status: 'rejected' } : { status: 'approved', domain: options.domain };
      const path = `/api/route/candidates/${options.approve ?? options.reject}`;
      const view = await client.json<UtteranceView>(path, { body });
      return print(view, () => candidateTable([view]));
    }
    const said = words.length > 0 || process.stdin.isTTY ? words.join(' ') : await text(process.stdin);
    if (said.trim() === '' && !options.image)
      throw new CliError('there is no text: give one as an argument, or pipe one in.', 2);
    const view = await client.json<RouteView>('/api/route', { body: requestOf(said, options) });
    return print(view, () => routeLines(view));
  });
}

function requestOf(said: string, { image, tools, domain }: Options): unknown {
  const shown = [
    { type: 'text', text: said },
    { type: 'image_url', image_url: { url: IMAGE } },
  ];
  const offered = [{ type: 'function', function: { name: 'any', parameters: { type: 'object' } } }];
  return {
    messages: [{ role: 'user', content: image ? shown : said }],
    ...(tools && { tools: offered }),
    ...(domain !== undefined && { orchestrator: { route: { domain } } }),
  };
}

function candidateNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new CliError(`a candidate has a whole number, not "${value}".`, 2);
  return Number(value);
}

import { text } from 'node:stream/consumers';

import { Command } from 'commander';

import type { RouteView } from '../server/views.ts';
import { CliError } from '../shared/errors.ts';
import { connect, withConnectionOptions, type ConnectionOptions } from './client.ts';
import { routeLines } from './route-table.ts';

interface Options extends ConnectionOptions {
  image?: boolean;
  tools?: boolean;
  domain?: string;
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
      .option('--domain <name>', 'as if the request named its domain')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `
Examples:
  orchestrator route "Why does my loop never end?"
  orchestrator route --image "¿Qué pone en este cartel?"
  orchestrator route --json < long-letter.txt`,
      ),
  ).action(async (words: string[], options: Options) => {
    const client = connect(options);
    if (words.length === 0 && process.stdin.isTTY)
      throw new CliError('there is no text: give one as an argument, or pipe one in.', 2);
    const said = words.length > 0 ? words.join(' ') : await text(process.stdin);
    const view = await client.json<RouteView>('/api/route', { body: requestOf(said, options) });
    process.stdout.write(`${options.json ? JSON.stringify(view, null, 2) : routeLines(view).join('\n')}\n`);
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

/**
 * How well and how fast documents are found.
 *
 *     npm run bench:knowledge -- [--only quality|speed] [--squad FILE] [--embedding FILE.gguf] [--rerank FILE.gguf] [--markdown]
 *     npm run bench:knowledge -- --server [--sizes 10000,20000]     the server that `npm run test:surrealdb` builds
 */
import { parseArgs } from 'node:util';

import { ownCorpus, squadCorpus } from './knowledge/corpus.ts';
import { qualityTables } from './knowledge/quality-table.ts';
import { serverTable } from './knowledge/server.ts';
import { speedTable } from './knowledge/speed.ts';
import { asMarkdown, asText, type Table } from './knowledge/table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    server: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '10000,20000,50000,100000,200000' },
    squad: { type: 'string' },
    embedding: { type: 'string' },
    rerank: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
});
const PARTS: Readonly<Record<string, () => Promise<readonly Table[]>>> = {
  quality: () => {
    const { squad, embedding, rerank } = values;
    return qualityTables(squad === undefined ? ownCorpus() : squadCorpus(squad), { embedding, rerank });
  },
  speed: async () => [await speedTable(say)],
  server: async () => [await serverTable(values.sizes.split(',').map(Number), say)],
};

// A server takes longer than all the rest.
const wanted = values.server ? ['server'] : values.only === undefined ? ['quality', 'speed'] : [values.only];
const parts = Object.entries(PARTS).filter(([name]) => wanted.includes(name));
if (parts.length === 0) {
  console.error(`bench:knowledge: --only takes ${Object.keys(PARTS).join(' or ')}, not ${values.only}`);
  process.exit(2);
}
for (const [name, measure] of parts) {
  say(name);
  for (const table of await measure()) console.log(`${values.markdown ? asMarkdown(table) : asText(table)}\n`);
}
// The database's engine keeps a process alive although it was closed.
process.exit();

function say(text: string): void {
  console.error(`bench:knowledge: ${text}`);
}

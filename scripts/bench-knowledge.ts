/**
 * How well and how fast documents are found.
 *
 *     npm run bench:knowledge -- [--only quality|speed] [--squad FILE] [--embedding FILE.gguf] [--rerank FILE.gguf] [--markdown]
 */
import { parseArgs } from 'node:util';

import { ownCorpus, squadCorpus } from './knowledge/corpus.ts';
import { qualityTables } from './knowledge/quality-table.ts';
import { speedTable } from './knowledge/speed.ts';
import { asMarkdown, asText, type Table } from './knowledge/table.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
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
};

const parts = Object.entries(PARTS).filter(([name]) => name === (values.only ?? name));
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

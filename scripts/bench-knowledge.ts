/**
 * How well and how fast documents are found.
 *
 *     npm run bench:knowledge -- [--squad FILE] [--embedding FILE.gguf] [--rerank FILE.gguf] [--markdown]
 */
import { parseArgs } from 'node:util';

import { ownCorpus, squadCorpus } from './knowledge/corpus.ts';
import { qualityTables } from './knowledge/quality-table.ts';
import { asMarkdown, asText } from './knowledge/table.ts';

const { values } = parseArgs({
  options: {
    squad: { type: 'string' },
    embedding: { type: 'string' },
    rerank: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
});

const corpus = values.squad === undefined ? ownCorpus() : squadCorpus(values.squad);
const { embedding, rerank } = values;
for (const table of await qualityTables(corpus, { embedding, rerank }))
  console.log(`${values.markdown ? asMarkdown(table) : asText(table)}\n`);

/**
 * How well and how fast the memory finds what it keeps, and that it tells it to nobody else.
 *
 *     npm run bench:memory -- [--leaks] [--recall] [--first-token] [--locomo FILE]
 *                             [--embedding FILE.gguf] [--check] [--markdown]
 *
 * Without the name of a part all of them, but LoCoMo's, whose file its user has. `--check`: exit code 1 where a figure is not as it must
 * be. `--first-token` starts the built program (npm run build). The dialogues: data/memory.
 */
import { parseArgs } from 'node:util';

import { startEmbeddings } from './knowledge/embed.ts';
import { asMarkdown, asText, type Table } from './knowledge/table.ts';
import { firstTokenTable } from './memory/first-token.ts';
import { openBenchMemory } from './memory/house.ts';
import { leaksOf } from './memory/leaks.ts';
import { locomoTable } from './memory/locomo-table.ts';
import { speedTable } from './memory/speed.ts';

const HOSTILE_QUERIES = 1_000;

const { values } = parseArgs({
  options: {
    leaks: { type: 'boolean', default: false },
    recall: { type: 'boolean', default: false },
    'first-token': { type: 'boolean', default: false },
    locomo: { type: 'string' },
    embedding: { type: 'string' },
    check: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
});
interface Part {
  readonly table: Table;
  readonly failures: readonly string[];
}

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  leaks: async () => {
    const memory = await openBenchMemory({});
    try {
      const { queries, leaks, which } = await leaksOf(memory.base, HOSTILE_QUERIES);
      const row = [`leaks in ${queries.toLocaleString('en')} hostile queries of ten users`, '0', String(leaks)];
      return { table: [['', 'must', 'measured'], row], failures: which };
    } finally {
      await memory.close();
    }
  },
  recall: () => speedTable(say),
  'first-token': () => firstTokenTable(say),
  locomo: () => locomo(values.locomo ?? ''),
};

const named = Object.entries(PARTS).filter(([name]) => values[name as keyof typeof values]);
const wanted = named.length > 0 ? named : Object.entries(PARTS).filter(([name]) => name !== 'locomo');
const failures: string[] = [];
for (const [name, measure] of wanted) {
  say(name);
  const { table, failures: own } = await measure();
  console.log(`${values.markdown ? asMarkdown(table) : asText(table)}\n`);
  failures.push(...own);
}
for (const failure of failures) console.error(`bench:memory: not as it must be: ${failure}`);
// The database's engine keeps a process alive although it was closed.
process.exit(values.check && failures.length > 0 ? 1 : 0);

async function locomo(file: string): Promise<Part> {
  const engine = values.embedding === undefined ? undefined : await startEmbeddings(values.embedding);
  const byWords = await openBenchMemory({});
  const byBoth = engine && (await openBenchMemory({ embeddings: engine.upstream }));
  try {
    const memories = { 'memory, by words': byWords, ...(byBoth && { 'memory, by words and vectors': byBoth }) };
    const { table, recall, baseline } = await locomoTable(file, memories, say);
    const isWorse = recall < baseline;
    const failed = `LoCoMo: evidence recall@10 ${recall.toFixed(3)}, below the baseline's ${baseline.toFixed(3)}`;
    return { table, failures: isWorse ? [failed] : [] };
  } finally {
    await byWords.close();
    await byBoth?.close();
    await engine?.close();
  }
}

function say(text: string): void {
  console.error(`bench:memory: ${text}`);
}

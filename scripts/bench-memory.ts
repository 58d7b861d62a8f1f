/**
 * How well the memory keeps what users say of themselves, how fast it finds it again, and that it tells it to nobody else.
 *
 *     npm run bench:memory -- [--extraction] [--stale] [--leaks] [--recall] [--first-token] [--locomo FILE]
 *                             [--embedding FILE.gguf] [--show dev] [--check] [--markdown]
 *
 * Without the name of a part all of them, but LoCoMo's, whose file its user has. `--check`: exit code 1 where a figure is not as it must
 * be. `--first-token` starts the built program (npm run build). The dialogues: data/memory.
 */
import { parseArgs } from 'node:util';

import { startEmbeddings } from './knowledge/embed.ts';
import { asMarkdown, asText, type Table } from './knowledge/table.ts';
import { asLines, extractionTable } from './memory/extraction-table.ts';
import { firstTokenTable } from './memory/first-token.ts';
import { openBenchMemory } from './memory/house.ts';
import { leaksOf } from './memory/leaks.ts';
import { locomoTable } from './memory/locomo-table.ts';
import { reader } from './memory/reader.ts';
import { speedTable } from './memory/speed.ts';
import { staleTable } from './memory/stale-table.ts';

const HOSTILE_QUERIES = 1_000;

const { values } = parseArgs({
  options: {
    extraction: { type: 'boolean', default: false },
    stale: { type: 'boolean', default: false },
    leaks: { type: 'boolean', default: false },
    recall: { type: 'boolean', default: false },
    'first-token': { type: 'boolean', default: false },
    locomo: { type: 'string' },
    embedding: { type: 'string' },
    show: { type: 'string' },
    check: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
});
if (values.show !== undefined && values.show !== 'dev') {
  console.error(`bench:memory: --show takes dev, not ${values.show}: nobody looks at the mistakes of the other half`);
  process.exit(2);
}

interface Part {
  readonly table: Table;
  readonly failures: readonly string[];
  /** For `--show dev`. */
  readonly mistakes?: string;
}

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  extraction: async () => {
    const memory = await openBenchMemory({ reader });
    try {
      const { mistakes, ...result } = await extractionTable({ base: memory.base, reader });
      return { ...result, mistakes: asLines(mistakes) };
    } finally {
      await memory.close();
    }
  },
  stale: async () => {
    const { mistakes, ...result } = await staleTable(reader);
    return { ...result, mistakes: mistakes.map((line) => `stale    ${line}`).join('\n') };
  },
  leaks: async () => {
    const memory = await openBenchMemory({ reader });
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
  const { table, failures: own, mistakes } = await measure();
  console.log(`${values.markdown ? asMarkdown(table) : asText(table)}\n`);
  if (values.show === 'dev' && mistakes) console.log(`${mistakes}\n`);
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

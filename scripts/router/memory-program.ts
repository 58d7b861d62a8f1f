/** Prints how many bytes of memory this process holds more once the classifier is loaded and warm. */
import { readFileSync } from 'node:fs';

import { DATA, readRows, WEIGHTS } from './data.ts';
import type { TestPrompt } from './quality.ts';

const prompts = readRows<TestPrompt>(`${DATA}/dev.jsonl`);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const { Classifier } = await import('../../src/router/classify.ts');
const classifier = Classifier.load(readFileSync(WEIGHTS));
for (let round = 0; round < 5; round++) for (const { prompt } of prompts) classifier.classify(prompt);
globalThis.gc?.();
process.stdout.write(String(process.memoryUsage.rss() - before));

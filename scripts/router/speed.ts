import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import type { Candidate } from '../../src/router/candidate.ts';
import type { Classifier } from '../../src/router/classify.ts';
import { decide } from '../../src/router/route.ts';
import { packageRoot } from '../../src/shared/package-root.ts';
import { quantile } from '../bench/statistics.ts';
import type { TestPrompt } from './quality.ts';

const WARM_UP = 3_000;
const LONGEST_USUAL = 6_000;
const ROUNDS = 20;

export interface Latency {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** One decision on the prompts as they are, and on texts made of them of up to 6,000, of 10,000 and of 100,000 characters. */
export function latencies(classifier: Classifier, prompts: readonly TestPrompt[]): Record<string, Latency> {
  const texts = prompts.map(({ prompt }) => prompt).filter((text) => text.length <= LONGEST_USUAL);
  const long = (length: number) =>
    Array.from({ length: 50 }, (_, index) => {
      let text = '';
      for (let next = index * 7; text.length < length; next++) text += `${texts[next % texts.length] ?? ''}\n`;
      return text.slice(0, length);
    });
  for (let index = 0; index < WARM_UP; index++) classifier.classify(texts[index % texts.length] ?? '');
  return {
    prompts: measure(classifier, texts),
    'whole requests': measure({ classify: wholeDecision(classifier) }, texts),
    '2,000': measure(classifier, long(2_000)),
    '6,000': measure(classifier, long(LONGEST_USUAL)),
    '10,000': measure(classifier, long(10_000)),
    '100,000': measure(classifier, long(100_000)),
  };
}

function measure(classifier: { classify(text: string): unknown }, texts: readonly string[]): Latency {
  // The median of a text's rounds: what other programs do to the clock meanwhile is not the classifier's.
  const took = texts.map((text) => {
    const rounds = Array.from({ length: ROUNDS }, () => {
      const startedAt = performance.now();
      classifier.classify(text);
      return performance.now() - startedAt;
    });
    return quantile(rounds, 0.5);
  });
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** All that a routed request costs: its conversation, constraints, the classifier, and the choice among the five experts of the profiles. */
function wholeDecision(classifier: Classifier): (text: string) => unknown {
  const expert = (id: string, fit: Record<string, number>, languages: string[] = [], vision = false): Candidate => ({
    expert: { id, vision, audio: false, tools: true, context: 16_384, languages, fit },
    priority: 5,
    servesRoute: true,
    documents: false,
  });
  const house = {
    candidates: [
      expert('phi4_fast', { general: 1, technical: 0.5, coding: 0.4, multilingual: 0.3 }, ['en', 'es']),
      expert('mistral_balanced', { general: 0.8, technical: 1, coding: 0.5 }, ['en', 'es', 'fr', 'de', 'it']),
      expert('qwen_coder', { coding: 1, technical: 0.5, general: 0.3 }, ['en', 'es', 'zh']),
      expert('gemma3_multimodal', { multimodal: 1, general: 0.8, technical: 0.8, multilingual: 0.8 }, [], true),
      expert('aya_expanse_multilingual', { multilingual: 1, general: 0.6 }, ['en', 'es', 'de', 'fr', 'zh']),
    ],
    standingOf: () => 'loaded' as const,
    defaultExpert: 'phi4_fast',
    primaryLanguages: ['en', 'es'],
    keepLoadedBias: 0.15,
    minConfidence: 0.55,
    recall: () => undefined,
  };
  return (text) => {
    const body = { messages: [{ role: 'user', content: text }] };
    return decide({ route: '/v1/chat/completions', body, bytes: text.length + 60, scope: 'local' }, house, classifier);
  };
}

/** Bytes of memory that a process holds more once it has loaded the classifier and used it, after a collection. */
export function addedMemory(): number {
  const program = join(packageRoot(), 'scripts', 'router', 'memory-program.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the memory of the classifier could not be measured: ${stderr}`);
  return Number(stdout);
}

import type { TextClassifier, Vote } from './vote.ts';

/** A request of a known domain, by its meaning. */
export interface Example {
  readonly domain: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** So many of the nearest vote. */
const NEAREST = 9;
/** How much less one counts that is so much less similar. */
const SHARPNESS = 0.1;
/** Nobody is near: what is nearest says nothing. */
const LEAST_SIMILARITY = 0.3;
/** Their share beside the classifier's. Chosen on the development prompts, with MiniLM. */
const SHARE = 0.4;

/** What the examples nearest in meaning speak for: probabilities by domain; undefined where none is near. */
export function domainsNear(
  examples: readonly Example[],
  vector: Float32Array,
): Readonly<Record<string, number>> | undefined {
  const near = examples
    .filter((example) => example.vector.length === vector.length)
    .map((example) => ({ domain: example.domain, similarity: dot(example.vector, vector) }))
    .sort((one, other) => other.similarity - one.similarity)
    .slice(0, NEAREST);
  const most = near[0]?.similarity ?? -1;
  if (most < LEAST_SIMILARITY) return undefined;
  const domains: Record<string, number> = {};
  let total = 0;
  for (const { domain, similarity } of near) {
    const weight = Math.exp((similarity - most) / SHARPNESS);
    domains[domain] = (domains[domain] ?? 0) + weight;
    total += weight;
  }
  for (const domain in domains) domains[domain] = (domains[domain] ?? 0) / total;
  return domains;
}

/** The classifier, with what is near to one text heard beside it. The language has been told apart already, and keeps its share. */
export function withNeighbours(
  classifier: TextClassifier,
  text: string,
  near: Readonly<Record<string, number>>,
): TextClassifier {
  return {
    classify: (asked, primaryLanguages) => {
      const vote = classifier.classify(asked, primaryLanguages);
      return asked === text ? heardWith(vote, near) : vote;
    },
  };
}

function heardWith(vote: Vote, near: Readonly<Record<string, number>>): Vote {
  const { multilingual = 0 } = vote.domains;
  const domains: Record<string, number> = { multilingual };
  for (const domain of new Set([...Object.keys(vote.domains), ...Object.keys(near)])) {
    if (domain === 'multilingual') continue;
    domains[domain] = (1 - SHARE) * (vote.domains[domain] ?? 0) + SHARE * (1 - multilingual) * (near[domain] ?? 0);
  }
  return { ...vote, domains, stage: 'embedding' };
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

import { BUCKETS, FeatureReader, NAMED_FEATURES, WORD_BUCKETS } from './features.ts';
import { type LinearModel, norms, softmax } from './linear-model.ts';
import { seededRandom, shuffle } from './seeded-random.ts';

export interface TrainingExample {
  readonly text: string;
  readonly domain: string;
  /** How much it counts; 1 unless said. */
  readonly weight?: number;
}

export interface ModelOptions {
  /** The classes in their order; those of the examples, sorted, unless said. */
  readonly domains?: readonly string[];
  readonly epochs?: number;
  readonly rate?: number;
  /** Pull of every weight towards zero (or towards `base`) at each step that touches it. */
  readonly decay?: number;
  readonly temperature?: number;
  /** Starts from this model instead of from nothing: few examples then suffice. */
  readonly base?: LinearModel;
}

interface Row {
  readonly buckets: Int32Array;
  readonly values: Float32Array;
  readonly named: Float32Array;
  readonly target: number;
  readonly weight: number;
}

const SEED = 20_260_101;

/** Logistic regression by AdaGrad over shuffled examples: the same weights for the same examples, on every machine. */
export function trainModel(examples: readonly TrainingExample[], options: ModelOptions = {}): LinearModel {
  const domains = options.domains ?? [...new Set(examples.map(({ domain }) => domain))].sort();
  const rows = readRows(examples, domains);
  const classes = domains.length;
  const weights = new Float32Array(BUCKETS * classes);
  const named = new Float32Array((NAMED_FEATURES.length + 1) * classes);
  if (options.base) copyBase(options.base, domains, weights, named);
  const { epochs = 6, rate = 0.4, decay = 2e-3 } = options;
  const squares = new Float32Array(weights.length).fill(1e-2);
  const namedSquares = new Float32Array(named.length).fill(1);
  const random = seededRandom(SEED);
  const probabilities = new Float64Array(classes);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(rows, random);
    for (const row of rows) {
      predict(row, weights, named, probabilities);
      for (let domain = 0; domain < classes; domain++) {
        const error = row.weight * ((probabilities[domain] ?? 0) - (row.target === domain ? 1 : 0));
        if (Math.abs(error) < 1e-4) continue;
        const { buckets, values } = row;
        for (let index = 0; index < buckets.length; index++) {
          const at = (buckets[index] ?? 0) * classes + domain;
          const weight = weights[at] ?? 0;
          const gradient = error * (values[index] ?? 0) + decay * weight;
          const square = (squares[at] ?? 0) + gradient * gradient;
          squares[at] = square;
          weights[at] = weight - (rate * gradient) / Math.sqrt(square);
        }
        for (let name = 0; name <= NAMED_FEATURES.length; name++) {
          const value = row.named[name] ?? 0;
          if (value === 0) continue;
          const at = name * classes + domain;
          const weight = named[at] ?? 0;
          const gradient = error * value + decay * weight;
          const square = (namedSquares[at] ?? 0) + gradient * gradient;
          namedSquares[at] = square;
          named[at] = weight - (rate * gradient) / Math.sqrt(square);
        }
      }
    }
  }
  return { domains, weights, scale: 1, named, temperature: options.temperature ?? 1 };
}

function readRows(examples: readonly TrainingExample[], domains: readonly string[]): Row[] {
  const reader = new FeatureReader();
  const rows: Row[] = [];
  for (const { text, domain, weight = 1 } of examples) {
    const target = domains.indexOf(domain);
    if (target < 0) continue;
    const features = reader.read(text);
    const [words, pieces] = norms(features);
    const buckets = features.buckets.slice(0, features.count);
    const values = Float32Array.from(buckets, (bucket) => (bucket < WORD_BUCKETS ? words : pieces));
    const named = new Float32Array(NAMED_FEATURES.length + 1);
    named.set(features.named);
    named[NAMED_FEATURES.length] = 1;
    rows.push({ buckets, values, named, target, weight });
  }
  return rows;
}

function predict(row: Row, weights: Float32Array, named: Float32Array, into: Float64Array): void {
  const classes = into.length;
  into.fill(0);
  for (let index = 0; index < row.buckets.length; index++) {
    const at = (row.buckets[index] ?? 0) * classes;
    const value = row.values[index] ?? 0;
    for (let domain = 0; domain < classes; domain++)
      into[domain] = (into[domain] ?? 0) + value * (weights[at + domain] ?? 0);
  }
  for (let name = 0; name <= NAMED_FEATURES.length; name++) {
    const value = row.named[name] ?? 0;
    if (value === 0) continue;
    for (let domain = 0; domain < classes; domain++) {
      into[domain] = (into[domain] ?? 0) + value * (named[name * classes + domain] ?? 0);
    }
  }
  softmax(into, 1);
}

/** Classes that the base lacks begin at nothing. */
function copyBase(base: LinearModel, domains: readonly string[], weights: Float32Array, named: Float32Array): void {
  const classes = domains.length;
  for (const [from, domain] of base.domains.entries()) {
    const to = domains.indexOf(domain);
    if (to < 0) continue;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      weights[bucket * classes + to] = (base.weights[bucket * base.domains.length + from] ?? 0) * base.scale;
    }
    for (let name = 0; name <= NAMED_FEATURES.length; name++) {
      named[name * classes + to] = base.named[name * base.domains.length + from] ?? 0;
    }
  }
}

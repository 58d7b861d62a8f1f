/** Learns a profile's own utterances on a thread of its own, which ends with it; `classifier-keeper.ts` starts it. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

import { Classifier, trainClassifier } from '../router/classify.ts';
import type { TrainingExample } from '../router/train-model.ts';
import { readBackground, WEIGHTS_FILE } from './lessons.ts';

const lessons = workerData as readonly TrainingExample[];
const base = Classifier.load(readFileSync(WEIGHTS_FILE));
const { knowledge } = trainClassifier([...lessons, ...readBackground()], { base });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(knowledge.domains);

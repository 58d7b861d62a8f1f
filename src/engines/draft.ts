import { z } from 'zod';

import { modelFileShape, modelShape, oneFile } from './settings.ts';

/** Speculative decoding: a small model guesses, and the expert's own checks many guesses in one go. The answers stay the same. */
export const Draft = z
  .strictObject({
    model: oneFile(z.strictObject(modelFileShape)).describe('A much smaller model with the same vocabulary'),
    maxTokens: z.int().min(1).max(256).default(8).describe('Most tokens guessed in one go'),
    minTokens: z.int().min(0).max(256).default(0).describe('Guesses of fewer tokens are not tried'),
    minProbability: z.number().min(0).max(1).default(0.5).describe('It stops guessing where it is less sure than this'),
    gpuLayers: modelShape.gpuLayers.describe('Layers of it on the GPU; auto: as many as of the expert’s own model'),
  })
  .refine(({ minTokens, maxTokens }) => minTokens <= maxTokens, {
    message: '`minTokens` is more than `maxTokens`',
    path: ['minTokens'],
  });
export type Draft = z.output<typeof Draft>;

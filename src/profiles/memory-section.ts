import { z } from 'zod';

import { Duration } from '../engines/settings.ts';

/** `memory:` of a profile. */
export const Memory = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Remember what users say of themselves; off: nothing of it is loaded'),
    byDefault: z
      .boolean()
      .default(true)
      .describe('Requests that do not say are remembered and reminded (`orchestrator.memory` says; a key may)'),
    learn: z
      .boolean()
      .default(true)
      .describe('Extract from what users say. Off: only "remember that …", the API and the command line'),
    remoteExperts: z
      .enum(['deny', 'allow'])
      .default('deny')
      .describe('Whether remote experts may see memories, be asked to extract them, and serve requests with them'),
    topK: z.int().min(1).max(50).default(8).describe('Memories that a request is given at most'),
    minSimilarity: z
      .number()
      .min(0)
      .max(1)
      .default(0.35)
      .describe('A memory counts as found from this cosine on, or where it has the rarer words of the question'),
    sensitive: z
      .enum(['deny', 'allow'])
      .default('deny')
      .describe(
        'Whether beliefs, politics, sexuality and diagnoses are kept without "remember that …". Secrets (passwords, card numbers, keys) never are',
      ),
    perUser: z.int().min(10).max(1_000_000).default(20_000).describe('Memories of one user at most'),
    expert: z
      .strictObject({
        id: z.string().describe('An expert that generates'),
        load: z.boolean().default(false).describe('Load it for this; else it is asked only while it is loaded anyhow'),
        timeout: Duration.prefault('60s').describe('For one turn'),
      })
      .optional()
      .describe('Asked for a second, schema-constrained extraction of each turn, in the background'),
  })
  .prefault({})
  .describe('A memory of each user');

/** `conversations:` of a profile. */
export const Conversations = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Keep the turns of requests that name their conversation (`orchestrator.conversation`)'),
    keep: Duration.prefault('365d').describe('A conversation is erased so long after its last turn'),
    summarizeAfter: z
      .int()
      .min(4)
      .max(1_000)
      .default(20)
      .describe('Turns after which `memory.expert` writes a summary, which becomes a memory'),
  })
  .prefault({})
  .describe('History of conversations, on this machine');

/** `feedback:` of a profile. */
export const Feedback = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Keep ratings with the request and the answer that they are of'),
  })
  .prefault({})
  .describe('Ratings of answers (POST /v1/feedback)');

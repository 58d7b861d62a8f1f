/** The real vLLM on a GPU, which alone can sleep; elsewhere a program that speaks its routes stands in (test/integration/sleep.test.ts). */
import { describe, expect, it } from 'vitest';

import { queryGpus } from '../../src/binaries/nvidia-smi.ts';
import { startOrchestrator } from '../support/orchestrator.ts';
import { hasGpu, REAL_CACHE_DIR, REAL_ENGINES_DIR, TINY_QWEN } from '../support/real-parts.ts';
import { available } from '../support/skip.ts';
import { vllmBuild } from '../support/vllm-parts.ts';

const LONG = 600_000;
const GIB = 2 ** 30;
const ENV = { ORCHESTRATOR_ENGINES_DIR: REAL_ENGINES_DIR, ORCHESTRATOR_CACHE_DIR: REAL_CACHE_DIR };

/** Of the first device, by whomever. */
async function usedBytes(): Promise<number> {
  const { reading, problem } = await queryGpus({ environment: process.env });
  const used = reading?.devices[0]?.usedBytes;
  if (used === undefined) throw new Error(problem?.message ?? 'nvidia-smi does not say what is used');
  return used;
}

describe.runIf(available(hasGpu, 'needs an NVIDIA GPU with its driver'))('vLLM on a GPU', () => {
  it.each(['level1', 'level2'])(
    'sleeps by %s, gives its memory back, and answers the same when it has woken',
    { timeout: LONG },
    async (sleep) => {
      await using house = await startOrchestrator({
        env: ENV,
        profile: {
          experts: {
            qwen: {
              engine: 'vllm',
              model: { path: TINY_QWEN },
              context: 1_024,
              gpuMemory: '4GiB',
              sleep,
              idleUnload: '2s',
              vllm: { build: vllmBuild('cuda'), devices: '0', enforceEager: true, dtype: 'bfloat16' },
            },
          },
        },
      });
      const say = async () => {
        const response = await house.chat('Hi', { max_tokens: 8, temperature: 0 });
        const answer = (await response.json()) as { choices: { message: { content: string } }[] };
        expect(response.status, JSON.stringify(answer)).toBe(200);
        return answer.choices[0]?.message.content;
      };
      await house.load('qwen');
      const first = await say();
      const awake = await usedBytes();
      await house.untilState('qwen', 'sleeping', 60_000);
      expect(await usedBytes()).toBeLessThan(awake - GIB);
      expect(await say()).toBe(first);
      expect(await house.expert('qwen')).toMatchObject({ starts: 1, crashes: 0 });
    },
  );
});

import type { SleepProtocol } from './contract.ts';

/**
 * vLLM's development routes. level1 moves the weights to RAM; level2 drops them, and they are read from the files again when it
 * wakes. Both drop the KV cache. They exist only where `VLLM_SERVER_DEV_MODE` is set, need no key, and `/collective_rpc` among them
 * runs anything: so they stay behind a socket or loopback that only the supervisor speaks to.
 */
export function sleepProtocol(level: 'level1' | 'level2' | 'off'): SleepProtocol | undefined {
  if (level === 'off') return undefined;
  return {
    enter: { method: 'POST', path: `/sleep?level=${level === 'level1' ? 1 : 2}` },
    wake:
      level === 'level1'
        ? [{ method: 'POST', path: '/wake_up' }]
        : [
            { method: 'POST', path: '/wake_up?tags=weights' },
            { method: 'POST', path: '/collective_rpc', body: { method: 'reload_weights' } },
            { method: 'POST', path: '/wake_up?tags=kv_cache' },
          ],
    state: { method: 'GET', path: '/is_sleeping' },
    isSleeping: (answer) => {
      const { is_sleeping: sleeping } = (answer ?? {}) as { is_sleeping?: unknown };
      return typeof sleeping === 'boolean' ? sleeping : undefined;
    },
  };
}

import type { MemoryStatus } from '../memory/contract.ts';
import { plainLine } from './plain.ts';

/** How memory is, in a line; undefined where the profile keeps none. */
export function memoryLine({ state, reason, queued, embedding }: MemoryStatus): string | undefined {
  if (state === 'off') return undefined;
  const parts = [
    `memory ${state}${reason === null ? '' : `: ${plainLine(reason)}`}`,
    ...(queued > 0 ? [`${queued} turns wait for a second look`] : []),
    embedding === null
      ? 'found by words alone'
      : `embedded by ${embedding.model}${embedding.waiting > 0 ? `, ${embedding.waiting} memories to go` : ''}`,
  ];
  return parts.join(' · ');
}

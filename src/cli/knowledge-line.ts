import type { KnowledgeStatus } from '../knowledge/contract.ts';
import { plainLine } from './plain.ts';

/** How knowledge is, in a line; undefined where the profile keeps none. */
export function knowledgeLine({ state, reason, store, queued, embedding }: KnowledgeStatus): string | undefined {
  if (state === 'off') return undefined;
  const version = store.version === null ? '' : ` ${store.version}`;
  const parts = [
    `knowledge ${state}${reason === null ? '' : `: ${plainLine(reason)}`}`,
    `${store.kind} store${version}`,
    ...(queued > 0 ? [`${queued} documents to be read`] : []),
    embedding === null
      ? 'search by words alone'
      : `embedded by ${embedding.model}${embedding.waiting > 0 ? `, ${embedding.waiting} passages to go` : ''}`,
  ];
  return parts.join(' · ');
}

import { createHash, randomUUID } from 'node:crypto';

import type { StoredFeedback, StoredMemory, Turn } from '../../src/store/people-contract.ts';

export const digestOf = (text: string = randomUUID()) => createHash('sha256').update(text).digest('hex');

export function newMemory(change: Partial<Omit<StoredMemory, 'id'>> = {}): Omit<StoredMemory, 'id'> {
  return {
    kind: 'fact',
    text: 'Vive en Bilbao',
    language: 'es',
    subject: 'user',
    attribute: 'home',
    value: 'Bilbao',
    hash: digestOf(),
    state: 'active',
    pinned: false,
    confidence: 0.9,
    importance: 0.5,
    validFrom: 1_000,
    validTo: null,
    recorded: 2_000,
    retracted: null,
    supersededBy: null,
    expires: null,
    evidence: [{ quote: 'vivo en Bilbao', at: 1_000, conversation: 'chat-1', request: null }],
    origin: 'extracted',
    seen: 1,
    lastSeen: 2_000,
    uses: 0,
    lastUsed: null,
    ...change,
  };
}

export function newTurn(change: Partial<Omit<Turn, 'ord'>> = {}): Omit<Turn, 'ord'> {
  return { role: 'user', text: 'Hola', at: 1_000, request: 'req_1', expert: null, ...change };
}

export function newFeedback(
  user: string,
  change: Partial<Omit<StoredFeedback, 'id' | 'at'>> = {},
): Omit<StoredFeedback, 'id' | 'at'> {
  return {
    user,
    request: randomUUID(),
    rating: 'up',
    comment: null,
    ideal: null,
    expert: 'tiny',
    route: '/v1/chat/completions',
    messages: [{ role: 'user', content: '¿Qué tal?' }],
    answer: 'Bien.',
    ...change,
  };
}

import { describe, expect, it } from 'vitest';

import type { ExpertBase } from '../../../src/engines/contract.ts';
import { remote } from '../../../src/engines/remote.ts';

const expertAt = (url: string): ExpertBase =>
  ({ id: 'far', ...remote.settings.parse({ engine: 'remote', url }) }) as unknown as ExpertBase;

describe('the address of a remote expert', () => {
  it.each([
    ['https://api.openai.com', 'https://api.openai.com/v1/chat/completions'],
    ['https://api.openai.com/v1/', 'https://api.openai.com/v1/chat/completions'],
    ['http://vm2:8080/llm', 'http://vm2:8080/llm/v1/chat/completions'],
    ['https://api.groq.com/openai/v1', 'https://api.groq.com/openai/v1/chat/completions'],
    ['https://host.example/v1beta/openai/', 'https://host.example/v1beta/openai/chat/completions'],
    ['https://host.example/api/paas/v4', 'https://host.example/api/paas/v4/chat/completions'],
  ])('%s is asked at %s', (url, full) => {
    const expert = expertAt(url);
    expect(remote.origin(expert) + remote.upstreamPath(expert, '/v1/chat/completions')).toBe(full);
  });
});

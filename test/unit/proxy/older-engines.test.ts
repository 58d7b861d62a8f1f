/** What the request policy does for engines that take no tools, and for those that know fields by older names. */
import { describe, expect, it } from 'vitest';

import type { ExpertBase } from '../../../src/engines/contract.ts';
import { applyRequestPolicy } from '../../../src/proxy/request-policy.ts';

const expert: ExpertBase = {
  id: 'b',
  engine: 'bitnet',
  aliases: [],
  variants: {},
  task: 'generate',
  vision: false,
  audio: false,
  tools: false,
  context: 2_048,
  parallel: 1,
  request: {},
  strip: [],
  fit: {},
  languages: [],
};
const MESSAGES = [{ role: 'user', content: 'Hi' }];
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };

const apply = (fields: object, more: { expert?: Partial<ExpertBase>; known?: string[] } = {}) =>
  applyRequestPolicy({
    route: '/v1/chat/completions',
    body: { messages: MESSAGES, ...fields },
    expert: { ...expert, ...more.expert },
    knownFields: more.known && new Set(['messages', ...more.known]),
    fieldNames: { max_completion_tokens: 'max_tokens' },
  });

describe('an expert without tools', () => {
  it('refuses tools, by their name and its own', () => {
    for (const fields of [{ tools: [TOOL] }, { tools: [TOOL], tool_choice: 'auto' }])
      expect(() => apply(fields)).toThrow(expect.objectContaining({ code: 'parameter_refused', param: 'tools' }));
    expect(() => apply({ tools: [TOOL] })).toThrow(/b takes no tools/);
  });

  it('does not mind tools that nobody is to use', () => {
    for (const fields of [{ tools: [] }, { tools: [TOOL], tool_choice: 'none' }, { tool_choice: 'auto' }])
      expect(apply(fields, { known: [] }).dropped).toEqual(Object.keys(fields));
  });

  it('is an expert that says so', () => {
    expect(apply({ tools: [TOOL] }, { expert: { tools: true } }).body['tools']).toEqual([TOOL]);
  });
});

describe('a field that the engine knows by another name', () => {
  it('is sent under that one, also where it is the profile’s', () => {
    const { body, changed } = apply({ max_completion_tokens: 5 });
    expect(body).toEqual({ messages: MESSAGES, max_tokens: 5 });
    expect(changed).toBe(true);
    expect(apply({}, { expert: { request: { max_completion_tokens: 7 } } }).body['max_tokens']).toBe(7);
  });

  it('gives way to one that is there under the engine’s name', () => {
    expect(apply({ max_completion_tokens: 5, max_tokens: 3 }).body).toEqual({ messages: MESSAGES, max_tokens: 3 });
  });

  it('leaves a request without it as it is', () => {
    expect(apply({ max_tokens: 3 }).changed).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';

import { promptCounts, usageFromTail } from '../../../src/proxy/usage.ts';

describe('the usage at the end of an answer', () => {
  it.each([
    ['OpenAI', '{"usage":{"prompt_tokens":12,"completion_tokens":34,"total_tokens":46}}', 12, 34],
    ['Anthropic', '{"type":"message","usage":{"input_tokens":12,"output_tokens":34}}', 12, 34],
    ['Anthropic, a stream', 'data: {"type":"message_delta","usage":{"output_tokens":34}}\n\n', 0, 34],
    [
      'llama-server, whose timings leave cached tokens out',
      '"usage":{"completion_tokens":34,"prompt_tokens":12,"total_tokens":46},"timings":{"cache_n":11,"prompt_n":1,"predicted_n":34}}',
      12,
      34,
    ],
    ['llama-server, without usage', '"timings":{"cache_n":0,"prompt_n":12,"predicted_n":34}}\n\ndata: [DONE]', 12, 34],
    ['an embedding', '{"usage":{"prompt_tokens":12,"total_tokens":12}}', 12, 0],
    ['none', '{"text":"hello"}', 0, 0],
    ['a null in every chunk but the last', '{"usage":null}\n{"usage":{"prompt_tokens":1,"completion_tokens":2}}', 1, 2],
    ['a text that speaks of it', JSON.stringify({ text: '"usage":{"prompt_tokens":9}' }), 0, 0],
    ['something absurd', '{"usage":{"prompt_tokens":99999999999999999999}}', 999_999_999, 0],
  ])('%s', (_who, tail, promptTokens, generatedTokens) => {
    expect(usageFromTail(tail)).toEqual({ promptTokens, generatedTokens });
  });
});

describe('what an engine had cached of a prompt', () => {
  it.each([
    [
      'the timings at the end of a stream',
      '"timings":{"cache_n":11,"prompt_n":1,"predicted_n":34}}\n\ndata: [DONE]',
      12,
      11,
    ],
    ['a usage in OpenAI’s form', '{"usage":{"prompt_tokens":12,"prompt_tokens_details":{"cached_tokens":11}}}', 12, 11],
    ['/v1/responses', '{"usage":{"input_tokens":12,"input_tokens_details":{"cached_tokens":0}}}', 12, 0],
  ])('is read from %s', (_where, tail, total, cached) => {
    expect(promptCounts(tail)).toEqual({ total, cached });
  });

  it('is not guessed', () => {
    expect(promptCounts('{"usage":{"prompt_tokens":12,"completion_tokens":34}}')).toBeUndefined();
    expect(promptCounts('{"error":{"message":"too long"}}')).toBeUndefined();
  });
});

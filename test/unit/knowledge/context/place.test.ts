import { describe, expect, it } from 'vitest';

import { placeBeside } from '../../../../src/knowledge/context/place.ts';

const BESIDE = { before: 'DATA', after: '' };

describe('a text beside the last message of the user', () => {
  it('leaves everything before that message as it was', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: 'Yes.' },
      { role: 'user', content: 'Two?' },
    ];
    const body = { messages, temperature: 0 };
    const placed = placeBeside('/v1/chat/completions', body, BESIDE);
    expect(placed).toEqual({
      temperature: 0,
      messages: [...messages.slice(0, 3), { role: 'user', content: 'DATA\n\nTwo?' }],
    });
    expect(messages[3]).toEqual({ role: 'user', content: 'Two?' });
  });

  it('is a part of its own where the content has parts, named as the route names them', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } };
    const content = [{ type: 'text', text: 'What?' }, image];
    expect(placeBeside('/v1/chat/completions', { messages: [{ role: 'user', content }] }, BESIDE)).toEqual({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'DATA\n\n' }, ...content] }],
    });
    const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'What?' }] }];
    expect(placeBeside('/v1/responses', { input }, BESIDE)).toMatchObject({
      input: [
        {
          content: [
            { type: 'input_text', text: 'DATA\n\n' },
            { type: 'input_text', text: 'What?' },
          ],
        },
      ],
    });
    expect(placeBeside('/v1/responses', { input: 'What?' }, BESIDE)).toEqual({ input: 'DATA\n\nWhat?' });
    expect(placeBeside('/v1/completions', { prompt: 'Once' }, BESIDE)).toEqual({ prompt: 'DATA\n\nOnce' });
  });

  it('stands before a loop of tools, at what the user said', () => {
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: '1' }] };
    const messages = [{ role: 'user', content: 'Count.' }, { role: 'assistant', content: [] }, result];
    expect(placeBeside('/v1/messages', { messages }, BESIDE)).toMatchObject({
      messages: [{ content: 'DATA\n\nCount.' }, {}, result],
    });
  });

  it.each([
    ['/v1/chat/completions', { messages: [{ role: 'system', content: 'x' }] }],
    ['/v1/chat/completions', { messages: 'x' }],
    ['/v1/responses', { input: [{ type: 'function_call_output', output: 'x' }] }],
    ['/v1/completions', { prompt: [1, 2, 3] }],
    ['/v1/embeddings', { input: 'x' }],
  ] as const)('is nowhere where there is none: %s %j', (route, body) => {
    expect(placeBeside(route, body, BESIDE)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';

import { errorBody, errorFrame, waitingFrame } from '../../../src/proxy/frames.ts';
import { AppError, CATALOGUE, type ErrorCode } from '../../../src/shared/errors.ts';

const error = new AppError('queue_full', 'Too many wait.', { param: 'model', details: { models: ['a'] } });
const CODES = Object.keys(CATALOGUE) as ErrorCode[];

describe('an error', () => {
  it('in the shapes of OpenAI', () => {
    const expected = {
      error: {
        message: 'Too many wait.',
        type: 'rate_limit_error',
        code: 'queue_full',
        param: 'model',
        source: 'orchestrator',
        models: ['a'],
      },
    };
    expect(JSON.parse(errorBody(error, 'openai'))).toEqual(expected);
    expect(errorFrame(error, 'openai')).toBe(`data: ${JSON.stringify(expected)}\n\n`);
  });

  it('in the shapes of Anthropic', () => {
    const body = JSON.parse(errorBody(error, 'anthropic')) as unknown;
    expect(body).toMatchObject({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Too many wait.', code: 'queue_full', source: 'orchestrator' },
    });
    expect(errorFrame(error, 'anthropic')).toBe(`event: error\ndata: ${JSON.stringify(body)}\n\n`);
  });

  it.each(CODES)('%s has one line and a type that its status allows', (code) => {
    const one = new AppError(code, 'two\nlines');
    for (const dialect of ['openai', 'anthropic'] as const) {
      expect(errorFrame(one, dialect).trimEnd().split('\n')).toHaveLength(dialect === 'openai' ? 1 : 2);
      const { type } = (JSON.parse(errorBody(one, dialect)) as { error: { type: string } }).error;
      if (dialect === 'anthropic')
        expect(type === 'invalid_request_error').toBe(
          one.status < 500 && ![401, 403, 404, 413, 429].includes(one.status),
        );
    }
  });
});

describe('a frame that keeps a stream open', () => {
  it('is what the clients of the route pass over', () => {
    expect(waitingFrame('/v1/chat/completions')).toMatch(/^: .*\n\n$/);
    expect(waitingFrame('/v1/messages')).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });
});

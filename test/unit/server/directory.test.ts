import { describe, expect, it } from 'vitest';

import type { ExpertBase } from '../../../src/engines/contract.ts';
import { Directory } from '../../../src/server/directory.ts';
import { AppError } from '../../../src/shared/errors.ts';
import { expertWith } from '../supervisor/house.ts';

const chat: ExpertBase = expertWith({
  id: 'phi',
  aliases: ['fast', 'claude-*', 'claude-*-haiku*', 'org/phi.4'],
  variants: { 'phi:thinking': { request: { reasoning_effort: 'high' }, strip: [] } },
});
const coder: ExpertBase = expertWith({ id: 'coder', aliases: ['claude-*-opus*'] });
const vectors: ExpertBase = expertWith({ id: 'minilm', task: 'embed' });
const directory = new Directory([vectors, chat, coder], 'phi');

const refusalOf = (model: unknown, task: 'generate' | 'rerank' = 'generate'): AppError => {
  try {
    directory.resolve(model, task);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was found');
};

describe('a model name', () => {
  it.each([
    ['phi', 'phi'],
    ['fast', 'phi'],
    ['org/phi.4', 'phi'],
    ['claude-3', 'phi'],
    ['claude-3-haiku-2024', 'phi'],
    ['claude-4-opus', 'coder'],
    ['coder', 'coder'],
  ])('%s is %s: exact first, then the longest pattern', (name, id) => {
    expect(directory.resolve(name, 'generate')).toMatchObject({ expert: { id }, variant: undefined, reason: 'named' });
  });

  it('may be a variant', () => {
    expect(directory.resolve('phi:thinking', 'generate')).toMatchObject({
      expert: { id: 'phi' },
      variant: { request: { reasoning_effort: 'high' } },
    });
  });

  it.each([undefined, null, 'auto'])('%s is the default of the task', (name) => {
    expect(directory.resolve(name, 'generate')).toMatchObject({ expert: { id: 'phi' }, reason: 'default' });
    expect(directory.resolve(name, 'embed').expert.id).toBe('minilm');
    expect(refusalOf(name, 'rerank')).toMatchObject({ code: 'model_not_found' });
  });

  it.each(['Phi', 'phi2', 'xclaude-3', 'org/phiX4', '', ' phi', '__proto__', 'constructor', 'claude-\n3'])(
    '%j is unknown, and the known ones are listed',
    (name) => {
      expect(refusalOf(name)).toMatchObject({
        code: 'model_not_found',
        param: 'model',
        details: { models: ['auto', 'minilm', 'phi', 'phi:thinking', 'coder'] },
      });
    },
  );

  it.each([5, {}, [], true])('%j is no name', (name) => {
    expect(refusalOf(name)).toMatchObject({ code: 'invalid_request', param: 'model' });
  });

  it('that is absurdly long is unknown at once, and not repeated in full', () => {
    const began = performance.now();
    const { code, message } = refusalOf(`claude-${'-haiku'.repeat(200_000)}\n`);
    expect(performance.now() - began).toBeLessThan(50);
    expect(code).toBe('model_not_found');
    expect(message.length).toBeLessThan(500);
  });
});

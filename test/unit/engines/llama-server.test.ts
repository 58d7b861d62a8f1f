import { expect, it } from 'vitest';

import { llamaServer } from '../../../src/engines/llama-server.ts';
import { recordingsOf } from '../../contract/recordings.ts';

type Expert = Parameters<typeof llamaServer.launch>[0];

function expertWith(settings: object): Expert {
  const parsed = llamaServer.settings.parse({ engine: 'llama-server', model: { path: 'm.gguf' }, ...settings });
  return { id: 'one', ...parsed } as unknown as Expert;
}

const launch = (settings: object, probe: string, more: object = {}) => {
  const expert = expertWith(settings);
  const program = recordingsOf('llama-server').probe(probe);
  return llamaServer
    .launch(expert, {
      program,
      files: { model: '/m.gguf' },
      listen: { kind: 'any-port' },
      apiKey: 'key',
      cores: 2,
      ...more,
    })
    .args.join(' ');
};

it('keeps four checkpoints of each slot, or as many as the profile says, on a build that makes any', () => {
  expect(launch({}, 'probe.json')).toContain(' --ctx-checkpoints 4 --checkpoint-min-step 8192 ');
  expect(launch({ 'llama-server': { contextCheckpoints: 0 } }, 'probe.json')).toContain(' --ctx-checkpoints 0 ');
  expect(launch({}, 'probe-2024.json')).not.toMatch(/checkpoint|-ctxcp/);
});

it('keeps prompt caches where the profile gives them room and the build can, and says so where it cannot', () => {
  const program = recordingsOf('llama-server').probe('probe.json');
  const keeping = expertWith({ 'llama-server': { keepCache: '1GiB' } });
  expect(llamaServer.slots?.(expertWith({}), program)).toBeUndefined();
  expect(llamaServer.slots?.(keeping, program)).toMatchObject({ maxBytes: 2 ** 30 });
  expect(launch({}, 'probe.json', { slotsDir: '/kv' })).toContain(' --slot-save-path /kv');
  expect(launch({}, 'probe.json')).not.toContain('--slot-save-path');
  const unable = { ...program, flags: new Set<string>() };
  expect(llamaServer.slots?.(keeping, unable)).toBeUndefined();
  expect(llamaServer.advice?.(keeping, unable)).toMatch(/keepCache has no effect on one/);
  expect(llamaServer.advice?.(expertWith({}), unable)).toBeUndefined();
});

it('serves Anthropic’s form by translation where requests must reach a certain slot', () => {
  expect(llamaServer.routes(expertWith({}))).toContain('/v1/messages');
  const routes = llamaServer.routes(expertWith({ 'llama-server': { keepCache: '1GiB' } }));
  expect(routes).not.toContain('/v1/messages');
  expect(routes).toContain('/v1/messages/count_tokens');
});

it('understands the engine’s answers about slots', () => {
  const { protocol } = llamaServer.slots?.(expertWith({ 'llama-server': { keepCache: '1GiB' } }), undefined) ?? {};
  expect(protocol?.tokens({ id_slot: 0, n_saved: 1_268, n_written: 35_415_084 })).toBe(1_268);
  expect(protocol?.tokens({ id_slot: 0, n_restored: 1_268, n_read: 35_415_084 })).toBe(1_268);
  expect(protocol?.tokens({ error: {} })).toBeUndefined();
  expect(protocol?.fields(1, false)).toEqual({ id_slot: 1 });
  expect(protocol?.fields(0, true)).toEqual({ id_slot: 0, cache_prompt: false });
});

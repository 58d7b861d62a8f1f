import { expect, it } from 'vitest';

import { llamaServer } from '../../../src/engines/llama-server.ts';
import { recordingsOf } from '../../contract/recordings.ts';

const launch = (settings: object, probe: string) => {
  const parsed = llamaServer.settings.parse({ engine: 'llama-server', model: { path: 'm.gguf' }, ...settings });
  const expert = { id: 'one', ...parsed } as unknown as Parameters<typeof llamaServer.launch>[0];
  const program = recordingsOf('llama-server').probe(probe);
  return llamaServer
    .launch(expert, {
      program,
      files: { model: '/m.gguf' },
      listen: { kind: 'any-port' },
      apiKey: 'key',
      cores: 2,
    })
    .args.join(' ');
};

it('keeps four checkpoints of each slot, or as many as the profile says, on a build that makes any', () => {
  expect(launch({}, 'probe.json')).toContain(' --ctx-checkpoints 4 --checkpoint-min-step 8192 ');
  expect(launch({ 'llama-server': { contextCheckpoints: 0 } }, 'probe.json')).toContain(' --ctx-checkpoints 0 ');
  expect(launch({}, 'probe-2024.json')).not.toMatch(/checkpoint|-ctxcp/);
});

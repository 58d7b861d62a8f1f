import { expect, it } from 'vitest';

import { saidIn } from '../../../src/cli/up-output.ts';

const record = (level: string, message: string, reason?: string) =>
  JSON.stringify({ time: '2026-01-01T00:00:00.000Z', level, message, reason });

it('of an output in the background, warnings and errors are for a person, and a reason once', () => {
  const output = [
    record('info', 'reaped nothing'),
    record('warn', 'the model of phi is not on this machine.'),
    record('warn', 'phi was not preloaded', 'no such engine'),
    record('warn', 'qwen was not preloaded', 'no such engine'),
    'error: Port 8082 is taken.',
    'Listening on http://127.0.0.1:8082 (profile demo).',
    '',
    record('error', 'cut off').slice(0, 40),
  ];
  expect(saidIn(output.join('\n'))).toEqual([
    'the model of phi is not on this machine.',
    'phi was not preloaded: no such engine',
    'error: Port 8082 is taken.',
  ]);
});

import { describe, expect, it } from 'vitest';

import { command } from '../../../src/engines/command.ts';
import type { ExpertBase, LaunchContext, ProcessSettings } from '../../../src/engines/contract.ts';

type Expert = ExpertBase & ProcessSettings;

const CONTEXT: LaunchContext = {
  program: undefined,
  files: { model: '/models/a b; rm -rf $HOME.gguf' },
  listen: { kind: 'port', port: 4_711 },
  apiKey: 'the-key',
  cores: 8,
};

const expertOf = (settings: Record<string, unknown>, more: Record<string, unknown> = {}): Expert =>
  ({
    id: 'whisper',
    ...command.settings.parse({ engine: 'command', ...more, command: settings }),
  }) as unknown as Expert;

describe('an argv from a profile', () => {
  it('keeps one argument one argument, whatever is put into it', () => {
    const expert = expertOf({
      argv: ['server', '--model={model}', '-p', '{port}', '{id}:{context}:{parallel}:{threads}'],
    });
    expect(command.launch(expert, CONTEXT)).toEqual({
      command: 'server',
      args: ['--model=/models/a b; rm -rf $HOME.gguf', '-p', '4711', 'whisper:8192:2:8'],
      env: {},
    });
  });

  it('is filled once: what is put in is not read again', () => {
    const expert = expertOf({ argv: ['server', '{model}'] });
    const { args } = command.launch(expert, { ...CONTEXT, files: { model: '/models/{key}' } });
    expect(args).toEqual(['/models/{key}']);
  });

  it('keeps braces that stand for nothing', () => {
    const words = ['{constructor}', '{toString}', '{__proto__}', '{unknown}', '{"a": 1}', '{}', '{ port }'];
    expect(command.launch(expertOf({ argv: ['server', ...words] }), CONTEXT).args).toEqual(words);
  });

  it('may need a socket, and is given nothing else then', () => {
    const expert = expertOf({ argv: ['server', '--unix', '{socket}'] });
    expect(command.listens(expert, undefined)).toEqual(['socket']);
    const { args } = command.launch(expert, { ...CONTEXT, listen: { kind: 'socket', path: '/run/a.sock' } });
    expect(args).toEqual(['--unix', '/run/a.sock']);
    expect(command.listens(expertOf({ argv: ['server', '{port}'] }), undefined)).toEqual(['port']);
  });

  it('has an environment, a directory and a stop of its own', () => {
    const expert = expertOf({
      argv: ['docker', 'run', '--name', '{id}'],
      env: { PORT: '{port}', PLAIN: 'x' },
      cwd: '/srv',
      stop: ['docker', 'stop', '{id}'],
      identity: 'off',
      canary: 'off',
    });
    expect(command.launch(expert, CONTEXT)).toMatchObject({
      env: { PORT: '4711', PLAIN: 'x' },
      cwd: '/srv',
      stop: ['docker', 'stop', 'whisper'],
    });
    expect(command.provesIdentity(expert)).toBe(false);
    expect(command.canary(expert)).toBeUndefined();
  });

  it('tells the server the model name that it expects', () => {
    const named = expertOf({ argv: ['server'], model: 'base.en' });
    expect(command.requestFields?.(named, '/v1/chat/completions')).toEqual({ model: 'base.en' });
    expect(command.canary(named)?.body).toMatchObject({ model: 'base.en' });
    expect(command.requestFields?.(expertOf({ argv: ['server'] }), '/v1/chat/completions')).toBeUndefined();
  });

  it.each([
    ['generate', ['/v1/chat/completions', '/v1/completions']],
    ['embed', ['/v1/embeddings']],
    ['speech', ['/v1/audio/speech']],
  ])('serves the routes of its task (%s), or those that it names', (task, routes) => {
    expect(command.routes(expertOf({ argv: ['server'] }, { task }))).toEqual(routes);
    const named = expertOf({ argv: ['server'] }, { task, endpoints: ['/v1/rerank'] });
    expect(command.routes(named)).toEqual(['/v1/rerank']);
  });
});

import { describe, expect, it } from 'vitest';

import { Redactor } from '../../../src/shared/redact.ts';
import { LogBuffer } from '../../../src/telemetry/log-buffer.ts';
import { createLogger, type Level } from '../../../src/telemetry/logger.ts';

function loggerOf(format: 'text' | 'json', level: Level = 'info') {
  const written: string[] = [];
  const redactor = new Redactor();
  redactor.add('sk-canary-1234');
  const buffer = new LogBuffer();
  const logger = createLogger({
    level,
    format,
    write: (line) => written.push(line),
    file: undefined,
    buffer,
    redactor,
  });
  return { logger, written, buffer };
}

describe('a record', () => {
  it('for a terminal is one line', () => {
    const { logger, written, buffer } = loggerOf('text');
    logger.warn('a: ready → backoff', { reason: 'it ended', code: 3, nothing: undefined });
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d WARN a: ready → backoff {2}reason="it ended" code=3\n$/);
    expect(buffer.tail(1)).toEqual([written[0]?.trimEnd()]);
  });

  it('for anything else is one JSON object', () => {
    const { logger, written } = loggerOf('json');
    logger.error('broken', { error: new Error('outer', { cause: new Error('inner') }) });
    const record = JSON.parse(written[0] ?? '') as Record<string, unknown>;
    expect(record).toMatchObject({
      level: 'error',
      message: 'broken',
      error: { message: 'outer', cause: { message: 'inner' } },
    });
  });

  it.each(['text', 'json'] as const)('never holds a secret or a second line (%s)', (format) => {
    const { logger, written, buffer } = loggerOf(format);
    logger.info('one\n{"level":"error"}\r\u001b[2J', { key: 'sk-canary-1234', name: 'a\nb' });
    expect(written.join('')).not.toContain('sk-canary-1234');
    expect(buffer.tail(9).join('')).not.toContain('sk-canary-1234');
    for (const character of ['\n', '\r', '\u001b']) expect(written.join('').trimEnd()).not.toContain(character);
  });

  it('below the level is not made at all', () => {
    const { logger, written } = loggerOf('text', 'warn');
    logger.info('x');
    logger.debug('x');
    expect(written).toEqual([]);
  });
});

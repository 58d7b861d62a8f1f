import type { Redactor } from '../shared/redact.ts';
import { type LogBuffer, printable } from './log-buffer.ts';
import type { RotatingFile } from './rotating-file.ts';

export type Level = 'debug' | 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

const ORDER: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LoggerOptions {
  readonly level: Level;
  /** One line for a person (terminal) or one JSON object a line (anything else). */
  readonly format: 'text' | 'json';
  readonly write: (line: string) => void;
  readonly file: RotatingFile | undefined;
  readonly buffer: LogBuffer;
  readonly redactor: Redactor;
}

/** One record per event, secrets taken out, control characters taken out; to a terminal or journal, a bounded file, and a ring. */
export function createLogger(options: LoggerOptions): Logger {
  const log = (level: Level, message: string, fields: Fields = {}) => {
    if (ORDER[level] < ORDER[options.level]) return;
    const time = new Date().toISOString();
    const json = options.redactor.redact(escaped(JSON.stringify({ time, level, message, ...fields }, errorsAsText)));
    options.file?.write(`${json}\n`);
    const text = options.redactor.redact(toText(time, level, message, fields));
    options.buffer.push(text);
    options.write(`${options.format === 'json' ? json : text}\n`);
  };
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}

/** JSON leaves some characters as they are that end a line for some readers, or steer the terminal that a file is shown on. */
function escaped(json: string): string {
  return json.replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what is escaped
    /[\u007F-\u009F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function toText(time: string, level: Level, message: string, fields: Fields): string {
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? quote(value) : JSON.stringify(value, errorsAsText)}`)
    .join(' ');
  const mark = level === 'info' ? '' : `${level.toUpperCase()} `;
  return printable(`${time.slice(11, 19)} ${mark}${message}${rest ? `  ${rest}` : ''}`).replaceAll(/\s*\n\s*/g, ' ');
}

const quote = (value: string) => (/^[^\s"]+$/.test(value) ? value : JSON.stringify(value));

function errorsAsText(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

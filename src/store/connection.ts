import type { Surreal } from 'surrealdb';

import { AppError, messageOf } from '../shared/errors.ts';

/** Values of a statement. They travel beside it and are never part of its text. */
export type Values = Readonly<Record<string, unknown>>;

/** One statement, its result. A statement is one transaction, also where it is a block: all of it happens, or nothing. */
export interface Database {
  run<T>(statement: string, values?: Values): Promise<T>;
}

/** An engine that answers, until it is lost. */
export interface Connection extends Database {
  /** As `3.0.2`. */
  readonly version: string;
  /** Aborted when the connection is of no use any more; its reason is a text for a person. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** The engine was not there, or did not answer in time. A statement may have been carried out nevertheless. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** The session is nobody's any more, or nobody's yet: another one has to be opened. */
export class SessionEnded extends Unanswered {}

/** Two transactions at the same record: the later one is told to come again. */
const CONFLICT = /transaction can be retried|transaction conflict|read or write conflict/i;
const ATTEMPTS = 8;
const EXPIRED = /session has expired|anonymous access not allowed|not enough permissions/i;
const DISK_FULL = /no space left on device|disk quota exceeded/i;

/**
 * Runs one statement in a time-box.
 * @throws {Unanswered} where no answer came. @throws {AppError} `storage_full`. Anything else is a defect of a statement.
 */
export async function runStatement<T>(
  database: Surreal,
  statement: string,
  { values, timeoutMs, lost }: { values: Values | undefined; timeoutMs: number; lost: AbortSignal },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const responses = await answered(() => database.query(statement, { ...values }).responses(), timeoutMs, lost);
    // Of a transaction that failed, the statements before the faulty one say only that it failed.
    const failures = responses.flatMap((response) => (response.success ? [] : [response.error]));
    const failure = failures.find((error) => !error.message.includes('not executed due to a failed')) ?? failures[0];
    const last = responses.at(-1);
    if (failure === undefined) return (last?.success === true ? last.result : undefined) as T;
    if (DISK_FULL.test(failure.message)) {
      const message =
        'The disk of the knowledge store was full, and its engine writes no more until it is started anew. Make room, then restart the orchestrator (or the database server).';
      throw new AppError('storage_full', message, { cause: failure });
    }
    if (EXPIRED.test(failure.message)) throw new SessionEnded(failure.message, { cause: failure });
    if (!CONFLICT.test(failure.message) || attempt >= ATTEMPTS) {
      throw new Error(`the knowledge store refused a statement: ${failure.message}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 4 * 2 ** attempt));
  }
}

/** What a call to the SDK answers, if it does within the time: a call over a dead connection never settles. */
export function answered<T>(call: () => Promise<T>, timeoutMs: number, lost?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (lost?.aborted === true) return reject(new Unanswered(String(lost.reason)));
    const finish = () => {
      clearTimeout(timer);
      lost?.removeEventListener('abort', onLost);
    };
    const onLost = () => {
      finish();
      reject(new Unanswered(String(lost?.reason)));
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Unanswered(`the database did not answer within ${timeoutMs / 1_000} s`));
    }, timeoutMs);
    lost?.addEventListener('abort', onLost, { once: true });
    // Also where it throws before there is a promise.
    Promise.resolve()
      .then(call)
      .then(
        (value) => {
          finish();
          resolve(value);
        },
        (error: unknown) => {
          finish();
          reject(isConnectionError(error) ? new Unanswered(reasonOf(error), { cause: error }) : asError(error));
        },
      );
  });
}

/** The SDK's encoder throws what is no Error; whoever answers a request expects one. */
function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  const message = (error as { message?: unknown } | null)?.message;
  return new Error(typeof message === 'string' ? message : String(error), { cause: error });
}

/** The SDK wraps what the engine said. */
export function reasonOf(error: unknown): string {
  const causes: string[] = [];
  for (let each: unknown = error; each instanceof Error || typeof each === 'string'; each = (each as Error).cause) {
    causes.push(messageOf(each));
  }
  return causes.at(-1) ?? messageOf(error);
}

const CONNECTION_ERRORS = new Set([
  'ConnectionUnavailableError',
  'CallTerminatedError',
  'UnexpectedConnectionError',
  'ReconnectExhaustionError',
  'HttpConnectionError',
]);

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && (CONNECTION_ERRORS.has(error.name) || CONNECTION_ERRORS.has(error.constructor.name));
}

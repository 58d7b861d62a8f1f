import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

import { discardPart, download as downloadPart } from '../models/download.ts';
import { openDispatcher, SourceError } from '../models/http.ts';
import { digestOfFile } from '../models/part-file.ts';
import { requireSpace } from './disk.ts';
import { SourceUnavailable } from './source.ts';

export interface Download {
  readonly url: string;
  readonly to: string;
  /** Of the whole file, in hexadecimal. */
  readonly sha256: string;
  /** Proxies, as the environment names them. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (done: number, total: number | undefined) => void;
}

/**
 * A file from the network, whole and with the digest it must have, or not at all. What an interrupted attempt brought is kept and
 * continued, in this call and in the next. Throws `SourceUnavailable` where it cannot be had or is another file.
 */
export async function download({ url, to, sha256, environment, signal, onBytes }: Download): Promise<void> {
  if (existsSync(to) && (await digestOfFile(to)) === sha256) return;
  mkdirSync(dirname(to), { recursive: true });
  const part = `${to}.part`;
  const dispatcher = openDispatcher(environment);
  try {
    const downloaded = await downloadPart(part, {
      url,
      identity: sha256,
      pinned: true,
      dispatcher,
      signal,
      onProgress: ({ bytesDone, bytesTotal }) => onBytes?.(bytesDone, bytesTotal),
      ensureSpace: async (bytes) => requireSpace(dirname(part), bytes),
      statusSentence: (status) => `${url} answers ${status}`,
    });
    if (downloaded.sha256 === sha256) return finish(part, to);
    discardPart(part);
    throw new SourceUnavailable(
      `${url} has sha256 ${downloaded.sha256}, but ${sha256} was expected: it was not used and is deleted`,
    );
  } catch (error) {
    if (error instanceof SourceError) {
      throw new SourceUnavailable(`${url} could not be fetched: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    await dispatcher.destroy();
  }
}

function finish(part: string, to: string): void {
  renameSync(part, to);
  discardPart(part);
}

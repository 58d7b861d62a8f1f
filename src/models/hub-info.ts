import type { Dispatcher } from 'undici';
import { z } from 'zod';

import type { Model } from '../engines/settings.ts';
import { get } from './http.ts';
import { hubBase, hubSecret } from './hub.ts';

/** A file of a repository, as the hub states it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number | undefined;
  /** Of large files. */
  readonly sha256: string | undefined;
  /** Of small ones: git's own digest of a file. */
  readonly gitBlob: string | undefined;
}

export interface HubRepository {
  readonly commit: string | undefined;
  readonly files: readonly HubFile[];
  readonly licence: Model['licence'];
}

/** What the API answered; `repository` where it answered with one. */
export interface HubAnswer {
  readonly status: number;
  readonly repository?: HubRepository;
}

const MAX_BYTES = 32 * 2 ** 20;
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
/** Names become paths of ours. */
const SafePath = z.string().refine((path) => /^[^/\\\p{Cc}]/u.test(path) && !path.split('/').includes('..'));
const Sibling = z.object({
  rfilename: SafePath,
  size: z.int().nonnegative().nullish(),
  blobId: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullish(),
  lfs: z.object({ sha256: Digest.nullish(), oid: Digest.nullish(), size: z.int().nonnegative().nullish() }).nullish(),
});
const Text = z.union([z.string(), z.array(z.string()).transform((list) => list.join(', '))]);
const Info = z.object({
  sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .nullish(),
  siblings: z.array(z.unknown()),
  cardData: z
    .object({
      license: Text.nullish().catch(undefined),
      license_name: Text.nullish().catch(undefined),
      license_link: z
        .url({ protocol: /^https?$/ })
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
});

/**
 * Files, commit and licence of a repository, by the hub's API.
 * @throws NetworkError where the hub is not reached; or the signal's reason.
 */
export async function readRepository(
  repository: string,
  revision: string,
  {
    environment,
    dispatcher,
    signal,
  }: {
    readonly environment: NodeJS.ProcessEnv;
    readonly dispatcher: Dispatcher;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<HubAnswer> {
  const base = hubBase(environment);
  const url = `${base}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const headers = { 'user-agent': 'orchestrator', accept: 'application/json', 'accept-encoding': 'identity' };
  const { status, body } = await get(url, { headers, secret: hubSecret(environment), dispatcher, signal });
  const text = status === 200 ? await bounded(body) : undefined;
  body.destroy();
  const info = text === undefined ? undefined : parse(text);
  if (!info) return { status };
  const files = info.siblings.flatMap((entry): HubFile[] => {
    const { data } = Sibling.safeParse(entry);
    if (!data) return [];
    const { rfilename: path, size, blobId, lfs } = data;
    return [
      {
        path,
        bytes: lfs?.size ?? size ?? undefined,
        sha256: lfs?.sha256 ?? lfs?.oid ?? undefined,
        // Of a large file it is the pointer's.
        gitBlob: lfs ? undefined : (blobId ?? undefined),
      },
    ];
  });
  return {
    status,
    repository: { commit: info.sha ?? undefined, files, licence: licenceOf(info, `${base}/${repository}`) },
  };
}

function licenceOf({ cardData }: z.output<typeof Info>, page: string): Model['licence'] {
  const stated = cardData?.license === 'other' ? cardData.license_name : cardData?.license;
  const name = stated ?? cardData?.license_name ?? cardData?.license ?? undefined;
  return name ? { name, url: cardData?.license_link ?? page } : undefined;
}

async function bounded(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > MAX_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // Cut: as good as no answer. What follows asks the same host again and says how it fails.
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): z.output<typeof Info> | undefined {
  try {
    return Info.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Asks once for each repository and revision, however many files of it are wanted. */
export class HubFacts {
  readonly #options: Parameters<typeof readRepository>[2];
  readonly #known = new Map<string, Promise<HubAnswer>>();

  constructor(options: Parameters<typeof readRepository>[2]) {
    this.#options = options;
  }

  of({ hf, revision }: { readonly hf: string; readonly revision: string }): Promise<HubAnswer> {
    const key = `${hf}@${revision}`;
    const known = this.#known.get(key);
    if (known) return known;
    const asked = readRepository(hf, revision, this.#options);
    // Whoever asks gets the failure; nobody may be there yet.
    asked.catch(() => {});
    this.#known.set(key, asked);
    return asked;
  }

  /** What the hub states of one file; undefined where it has none, or does not say. */
  async file(source: {
    readonly hf: string;
    readonly revision: string;
    readonly file: string;
  }): Promise<HubFile | undefined> {
    const { repository } = await this.of(source);
    return repository?.files.find(({ path }) => path === source.file);
  }
}

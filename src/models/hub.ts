import type { ModelSource } from '../engines/settings.ts';
import type { Answer } from './http.ts';

export type HubSource = Extract<ModelSource, { hf: unknown }>;

const PUBLIC_HUB = 'https://huggingface.co';

/** Address of a file on the hub, with the token, which is for the hub's own host alone. */
export function hubRequest(
  source: HubSource,
  environment: NodeJS.ProcessEnv,
): { url: string; secret: Record<string, string> } {
  const path = [
    source.hf,
    'resolve',
    encodeURIComponent(source.revision),
    source.file.split('/').map(encodeURIComponent).join('/'),
  ];
  return { url: `${hubBase(environment)}/${path.join('/')}`, secret: hubSecret(environment) };
}

/** `HF_ENDPOINT`, else the public hub; without a slash at its end. */
export function hubBase(environment: NodeJS.ProcessEnv): string {
  return (environment['HF_ENDPOINT'] || PUBLIC_HUB).replace(/\/+$/, '');
}

/** Headers for the hub's own host alone. */
export function hubSecret(environment: NodeJS.ProcessEnv): Record<string, string> {
  const token = environment['HF_TOKEN'];
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** What the hub states of a large file: its digest, size and commit. */
export function statedByHub(header: Answer['originHeader']): { sha256?: string; bytes?: number; revision?: string } {
  const sha256 = /^"?([0-9a-f]{64})"?$/.exec(header('x-linked-etag') ?? '')?.[1];
  const bytes = Number(header('x-linked-size') ?? Number.NaN);
  const revision = header('x-repo-commit');
  return { ...(sha256 && { sha256 }), ...(Number.isSafeInteger(bytes) && { bytes }), ...(revision && { revision }) };
}

/** The hub's refusals, with what to do about them. */
export function hubSentence(
  status: number,
  source: { readonly hf: string; readonly file?: string; readonly revision: string },
  hasToken: boolean,
): string | undefined {
  if (status === 401 || status === 403)
    return (
      `the hub refuses ${source.hf} (status ${status}): the repository is private, gated or does not exist. ` +
      (hasToken
        ? 'Accept its licence on the hub with the account of HF_TOKEN'
        : 'Accept its licence on the hub and set HF_TOKEN')
    );
  if (status === 404)
    return `the hub has no ${source.file ? `${source.file} in ` : ''}${source.hf} at ${source.revision}`;
  if (status === 429) return 'the hub limits the rate of requests from here (status 429); try again later';
  return undefined;
}

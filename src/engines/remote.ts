import { z } from 'zod';

import type { ExpertBase } from './contract.ts';
import { defineRemoteEngine } from './contract.ts';
import { commonShape, Endpoint } from './settings.ts';

const settings = z.strictObject({
  engine: z.literal('remote').describe('An endpoint that someone else runs'),
  ...commonShape,
  url: z.url({ protocol: /^https?$/ }).describe('Base URL; a trailing /v1 is understood'),
  dialect: z.enum(['openai', 'anthropic']).default('openai').describe('Whose shapes the endpoint speaks'),
  endpoints: z.array(Endpoint).min(1).optional().describe('Routes that the endpoint answers; default: chat'),
  remoteModel: z.string().optional().describe('Model name sent to the endpoint; default: the expert’s id'),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/)
    .optional()
    .describe('Environment variable that holds the key'),
});

type RemoteExpert = ExpertBase & z.output<typeof settings>;

/** A version in the base URL that is not the routes' own: `/v1beta/openai`, `/api/paas/v4`. It stands in place of `/v1`. */
const OTHER_VERSION = /\/v\d+[a-z]*(?:\/openai)?$/;

const originOf = (expert: RemoteExpert): string => expert.url.replace(/\/+$/, '').replace(/\/v1$/, '');

export const remote = defineRemoteEngine<RemoteExpert>({
  kind: 'remote',
  name: 'remote',
  description: 'An endpoint that someone else runs: another machine, OpenAI, Anthropic',
  settings,
  routes: (expert) =>
    expert.endpoints ??
    (expert.dialect === 'anthropic' ? ['/v1/messages', '/v1/messages/count_tokens'] : ['/v1/chat/completions']),
  knownFields: () => undefined,
  requestFields: (expert) => ({ model: expert.remoteModel ?? expert.id }),
  origin: originOf,
  upstreamPath: (expert, route) => (OTHER_VERSION.test(originOf(expert)) ? route.replace(/^\/v1(?=\/)/, '') : route),
  authorize: (expert, environment): Record<string, string> => {
    const key = expert.keyEnv === undefined ? undefined : environment[expert.keyEnv];
    if (!key) return {};
    return expert.dialect === 'anthropic'
      ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
      : { authorization: `Bearer ${key}` };
  },
  requiredEnvironment: (expert) => (expert.keyEnv === undefined ? [] : [expert.keyEnv]),
});

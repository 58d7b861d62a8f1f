import { z } from 'zod';

import { Duration } from '../engines/settings.ts';

const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable has letters, digits and _');
const UserName = z.string().regex(/^[\w.@-]{1,64}$/, 'a user has letters, digits and . @ - _');
const Count = z.int().min(1).max(1_000_000_000);

const RateLimit = z.strictObject({
  requestsPerMinute: Count.optional().describe('Requests; a burst of this many may come at once'),
  tokensPerMinute: Count.optional().describe('Tokens of prompts and answers together'),
  concurrent: z.int().min(1).max(100_000).optional().describe('Requests under way at the same time'),
});

/** What a key, or a user, may use up in a calendar day (UTC). */
const Allowance = z.strictObject({
  requestsPerDay: Count.optional().describe('Requests to models'),
  tokensPerDay: Count.optional().describe('Tokens of prompts and answers together'),
});

/** What a key may do; what is absent is not restricted. One shape for keys of the profile and keys made at run time. */
export const KeyScopes = z.strictObject({
  experts: z.array(z.string()).min(1).optional().describe('Ids of experts that it may use; default: all'),
  routes: z
    .array(z.string().regex(/^\/[\w./:-]*\*?$/, 'a route is a path such as /v1/chat/completions, or ends in * (/v1/*)'))
    .min(1)
    .optional()
    .describe('Routes that it may use; default: all that its user may'),
  actAs: z
    .boolean()
    .optional()
    .describe(
      'May say for whom it speaks: X-OpenWebUI-User-Id, or `user` of the body. Each is a user of this key, USER/NAME',
    ),
  knowledge: z.boolean().optional().describe('In place of knowledge.byDefault, for requests with this key'),
  memory: z.boolean().optional().describe('In place of memory.byDefault, for requests with this key'),
  rateLimit: RateLimit.optional().describe('In place of security.rateLimit'),
  budget: Allowance.optional().describe('What it may use up in a day (UTC)'),
});
export type KeyScopes = Readonly<
  Omit<z.output<typeof KeyScopes>, 'experts' | 'routes'> & {
    experts?: readonly string[] | undefined;
    routes?: readonly string[] | undefined;
  }
>;

/** `security:` of a profile. */
export const Security = z
  .strictObject({
    auth: z
      .enum(['none', 'keys', 'users'])
      .default('none')
      .describe(
        'none: any key is ignored, and only loopback can be bound. keys: every request needs one of `keys`. users: that, or a key or token of a user whom the store knows (orchestrator user add)',
      ),
    keys: z
      .array(
        KeyScopes.extend({
          env: EnvironmentName.describe('Environment variable that has the key'),
          user: UserName.describe('Whose requests the key makes'),
          admin: z.boolean().default(false).describe('May use the management routes (/api/*)'),
          expires: z.iso.date().optional().describe('Last day on which it counts (UTC)'),
        }),
      )
      .default([])
      .describe('Keys, sent as `Authorization: Bearer …` or `x-api-key: …`; the file names where they are, never what'),
    registration: z
      .enum(['closed', 'open'])
      .default('closed')
      .describe('open: anyone who reaches this server may make an account (POST /auth/register)'),
    accessToken: Duration.prefault('15m').describe('A token of a login counts so long'),
    refreshToken: Duration.prefault('30d').describe('A login that is not refreshed within this time ends'),
    cors: z
      .array(
        z.string().regex(/^https?:\/\/(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/, 'an origin is https://HOST[:PORT]'),
      )
      .default([])
      .describe('Origins of web pages that may call this server; never *'),
    rateLimit: RateLimit.extend({
      perAddress: Count.optional().describe('Requests a minute from one client address, whoever asks'),
    })
      .optional()
      .describe('For each key and for each user; a key may have its own'),
    allowedHosts: z
      .array(z.string().regex(/^(?:[\w.-]+|\[[0-9a-fA-F:]+\])$/, 'a host is a name or an address, without a port'))
      .default([])
      .describe('Values of `Host` that are served besides loopback and the bound address, without port'),
  })
  .prefault({})
  .describe('Who may ask');

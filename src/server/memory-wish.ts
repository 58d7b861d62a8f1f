import type { InferenceRoute } from '../engines/routes.ts';
import { mostTokensFor } from '../knowledge/context/budget.ts';
import type { Profile } from '../profiles/profile.ts';
import { parseExtension } from '../proxy/extension.ts';
import type { JsonObject } from '../proxy/json.ts';
import { AppError } from '../shared/errors.ts';
import type { Identity } from './identity/contract.ts';
import { isAnybody } from './identity/act-as.ts';
import { isConversation, usesTools } from './knowledge-wish.ts';

/** What memory has to do with a request: its commands are obeyed and its user is listened to, in any case. */
export interface MemoryWanted {
  /** It is told what is remembered. */
  readonly remind: boolean;
}

/** A memory as a line of a prompt, and what stands around all of them. */
const TOKENS_OF_ONE = 60;
const TOKENS_AROUND = 40;

/** What a request says of memory itself. @throws AppError `invalid_request` where the extension is wrong. */
export function askedMemory({ orchestrator }: JsonObject): boolean | undefined {
  return orchestrator === undefined ? undefined : parseExtension(orchestrator).memory;
}

/**
 * Whether the request is to be reminded, and learned from: as it says itself, else as its key says, else as the profile does, but not for
 * a front end that does not say for whom it speaks; with tools it is told something only where it says so itself. Undefined: neither.
 */
export function wantedMemory(
  { memory }: Pick<Profile, 'memory'>,
  identity: Pick<Identity, 'scopes' | 'user'>,
  route: InferenceRoute,
  body: JsonObject,
): MemoryWanted | undefined {
  if (!memory.enabled || !isConversation(route)) return undefined;
  const asked = askedMemory(body);
  // What one user of a front end says must not come back to another.
  const isUsual = isAnybody(identity) ? false : (identity.scopes.memory ?? memory.byDefault);
  if (!(asked ?? isUsual)) return undefined;
  return { remind: asked === true || !usesTools(route, body) };
}

/** Refuses `orchestrator.memory: true` for what cannot be reminded, and where nothing is remembered. */
export function refuseMemory({ memory }: Pick<Profile, 'memory'>, route: InferenceRoute): void {
  const param = 'orchestrator.memory';
  if (!isConversation(route))
    throw new AppError('invalid_request', `\`${param}\` is for conversations; ${route} takes none.`, { param });
  if (!memory.enabled)
    throw new AppError(
      'memory_off',
      `\`${param}\` asks for what is remembered, and this profile remembers nothing. Set memory: { enabled: true } in it, or leave the field out.`,
      { param },
    );
}

/** Tokens that memories may add to a prompt, by the context of who gets it. */
export function rememberedTokens(
  { knowledge, memory }: Pick<Profile, 'knowledge' | 'memory'>,
  wanted: MemoryWanted | undefined,
  context: number,
): number {
  if (!wanted?.remind) return 0;
  return mostTokensFor('memory', knowledge.context, TOKENS_AROUND + memory.topK * TOKENS_OF_ONE, context);
}

import { statSync } from 'node:fs';

import type { ExpertBase, ProcessSettings } from '../engines/contract.ts';
import type { Room } from '../knowledge/context/budget.ts';
import { answerLimitOf } from '../proxy/request-defaults.ts';
import type { Conversation } from '../router/conversation.ts';
import { textTokens } from '../router/token-estimate.ts';

/** What an expert's context has to hold for a request as it came. */
export function roomOf(expert: ExpertBase, { promptTokens, answerTokens }: Conversation): Room {
  return {
    context: expert.context,
    prompt: promptTokens(0) + defaultTokens(expert),
    template: templateSize(expert),
    answer: answerTokens ?? answerLimitOf(expert.request),
  };
}

/** What the profile puts into every request of this expert. */
function defaultTokens({ request }: ExpertBase): number {
  const { system, tools } = request;
  return system === undefined && tools === undefined ? 0 : textTokens(JSON.stringify({ system, tools }));
}

function templateSize(expert: ExpertBase & Partial<Pick<ProcessSettings, 'chatTemplate'>>): number {
  const { chatTemplate } = expert;
  return chatTemplate === undefined ? 0 : (statSync(chatTemplate, { throwIfNoEntry: false })?.size ?? 0);
}

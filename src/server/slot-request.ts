import type { JsonObject } from '../proxy/json.ts';
import { promptMark } from '../supervisor/prompt-mark.ts';
import type { SlotRequest } from '../supervisor/slot-keeper.ts';

/** The fields that become the prompt, on every route, in the order in which chat templates write them; and what it is computed with. */
const PROMPT_FIELDS = [
  'lora',
  'tools',
  'system',
  'instructions',
  'input_extra',
  'input_prefix',
  'messages',
  'prompt',
  'input',
  'input_suffix',
];

/** What decides which slot a request gets. The expert is part of the mark: experts may share a process, and not its numbers. */
export function slotRequest(expert: string, user: string, body: JsonObject): SlotRequest {
  const parts = PROMPT_FIELDS.filter((name) => body[name] !== undefined).map((name) => JSON.stringify(body[name]));
  return {
    user,
    mark: promptMark([expert, ...parts].join('\n')),
    single: isSingle(body),
    reuse: body['cache_prompt'] !== false,
  };
}

/** Whether one prompt gets one answer; a list of numbers is one prompt in tokens. */
function isSingle({ n, prompt }: JsonObject): boolean {
  const answers = typeof n === 'number' ? n : 1;
  return answers <= 1 && !(Array.isArray(prompt) && prompt.some((part) => typeof part !== 'number'));
}

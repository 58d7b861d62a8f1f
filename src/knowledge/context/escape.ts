import { plainData } from '../plain-data.ts';

/** The tags around what is retrieved. */
export const OUTER = 'documents';
export const INNER = 'source';
/** And around what is remembered. */
export const REMEMBERED = 'memory';

const LONGEST_ATTRIBUTE = 200;

/** A tag that begins or ends like one of ours, however it is spelled. */
const OWN_TAGS = new RegExp(
  `<(?=[\\s\\p{Cf}]*[/\\\\]?[\\s\\p{Cf}]*(?:${OUTER}?|${INNER}s?|${REMEMBERED}|memories)\\b)`,
  'giu',
);
/**
 * What chat templates write between turns: engines read these words inside a text as well, so a document could end the user's turn and
 * begin one of the system.
 */
const CONTROL_WORDS = new RegExp(
  '<(?=\\||｜|/?(?:s|bos|eos|pad|unk|mask|think|tool_call|tool_response|start_of_turn|end_of_turn|start_of_image|end_of_image|' +
    'extra_id_\\d+|unused\\d+|image_soft_token|end_of_utterance|fim_\\w+|file_sep|endoftext|turn|channel)(?:\\||>))|<(?=<\\/?SYS>>)',
  'giu',
);
const BRACKET_WORDS =
  /\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|IMG|gMASK|sop|CLS|SEP)\])/gi;

/** A passage as it may stand between the tags: nothing in it ends them, or a turn of the conversation. */
export function escapeText(text: string): string {
  return text.replace(OWN_TAGS, '&lt;').replace(CONTROL_WORDS, '&lt;').replace(BRACKET_WORDS, '&#91;').toWellFormed();
}

/** A value between double quotes in a tag. */
export function escapeAttribute(text: string): string {
  return escapeText(
    plainData(text, LONGEST_ATTRIBUTE)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  );
}

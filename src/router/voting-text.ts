/**
 * What of a user message is the user's own. Harnesses of coding agents put text of theirs around it (reminders, the state of the
 * editor, output of commands): it says nothing about what the user wants and does not vote. Bounded whatever the text: of a long one
 * only its beginning and its end are looked at.
 */

/** Blocks between tags of these names were not written by the user. */
const INJECTED = [
  'system-reminder',
  'system_reminder',
  'system-warning',
  'environment_details',
  'environment_context',
  'environment_info',
  'workspace_info',
  'workspace-info',
  'project_layout',
  'repository_context',
  'user_info',
  'user_instructions',
  'INSTRUCTIONS',
  'additional_data',
  'attached_files',
  'attachments',
  'attachment',
  'open_and_recently_viewed_files',
  'ide_opened_file',
  'ide_selection',
  'editorContext',
  'reminderInstructions',
  'reminder',
  'rules',
  'git_status',
  'context',
  'documents',
  'memory',
  'chat_history',
  'sources',
  'tool_result',
  'tool_response',
  'tool_use_error',
  'function_results',
  'file_content',
  'command-name',
  'command-message',
  'local-command-stdout',
  'local-command-stderr',
  'local-command-caveat',
  'bash-input',
  'bash-stdout',
  'bash-stderr',
];
/** Marks around what the user wrote: the marks go, the text stays. */
const WRAPPERS =
  /<\/?(?:task|user_query|userRequest|user_message|user-prompt-submit-hook|command-args|feedback|question)>/g;
/** A tool's result as some harnesses write it into a message of the user. */
const RESULT_LINE = /^\s{0,40}\[[^\]\n]{1,200}\] Result:/;
const INTERRUPTION = /\[Request interrupted by user[^\]\n]{0,40}\]/g;

const OPENING = new RegExp(`<(${INJECTED.join('|')})(?:\\s[^<>]{0,200})?>`, 'g');
/** A text up to this length is looked at whole; of a longer one this much at either end. */
const WHOLE = 16_384;
const END = 8_192;
/** No step of the router reads more of a message than this. */
const MOST = 4_000;

/** The user's own words, at most 4,000 characters of them: where they begin, and where they end. Empty: there are none. */
export function votingText(text: string): string {
  if (text.length <= WHOLE) return shortened(own(text));
  const head = own(text.slice(0, END));
  const tail = own(afterCut(text.slice(-END)));
  return shortened(`${head}\n${tail}`.trim());
}

function own(text: string): string {
  if (RESULT_LINE.test(text)) return '';
  if (!text.includes('<') && !text.includes('[Request')) return text.trim();
  let kept = '';
  let from = 0;
  OPENING.lastIndex = 0;
  for (let match = OPENING.exec(text); match; match = OPENING.exec(text)) {
    kept += text.slice(from, match.index);
    const close = `</${match[1]}>`;
    const end = text.indexOf(close, OPENING.lastIndex);
    // A block that does not end goes on to the end of what is looked at.
    if (end < 0) {
      from = text.length;
      break;
    }
    from = end + close.length;
    OPENING.lastIndex = from;
  }
  kept += text.slice(from);
  return kept.replace(WRAPPERS, ' ').replace(INTERRUPTION, ' ').trim();
}

/** What stands before the end of a block whose beginning is not seen belongs to the block. */
function afterCut(text: string): string {
  let from = 0;
  for (const name of INJECTED) {
    const close = `</${name}>`;
    const end = text.indexOf(close);
    if (end < 0) continue;
    const opening = text.lastIndexOf(`<${name}`, end);
    if (opening < 0) from = Math.max(from, end + close.length);
  }
  return text.slice(from);
}

function shortened(text: string): string {
  if (text.length <= MOST) return text;
  return `${text.slice(0, MOST - 1_200)}\n${text.slice(-1_199)}`;
}

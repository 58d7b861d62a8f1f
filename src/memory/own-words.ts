interface Span {
  readonly start: number;
  readonly end: number;
}

/** Tags like those around what we put into prompts, closed or not. */
const TAG =
  /<\s*(\/?)\s*((?:user[-_ ]?)?memor(?:y|ies|ias?)|recuerdos?|documents?|documentos?|sources?|context|contexto|system|sistema|instructions?|assistant)\b[^<>]{0,200}>/giu;
/** What chat templates write between turns: from there on nobody knows who speaks. */
const CONTROL = /<\|[^|<>\n]{1,60}\|>|<\/?(?:start|end)_of_turn>|\[\/?INST\]|<<\/?SYS>>|<｜[^｜<>\n]{1,60}｜>/iu;
const FENCE = /^[ \t]{0,3}(`{3,}|~{3,})/gm;
const QUOTED_LINE = /^[ \t]{0,3}>.*$/gm;
/** Another speaker in a text that was pasted. */
const OTHER_SPEAKER = /^[ \t]*(?:system|assistant|sistema|asistente|ai|bot|chatgpt)\s*:.*$/gimu;

/** Parts of a message that are not the user speaking: what looks like our own blocks, like another turn, code, and what was quoted. */
export function othersWords(text: string): readonly Span[] {
  const spans: Span[] = [];
  const control = CONTROL.exec(text);
  if (control) spans.push({ start: control.index, end: text.length });
  for (const pattern of [QUOTED_LINE, OTHER_SPEAKER])
    for (const { index, 0: line } of text.matchAll(pattern)) spans.push({ start: index, end: index + line.length });
  spans.push(...fences(text), ...tagged(text));
  return spans;
}

export function overlaps({ start, end }: Span, spans: readonly Span[]): boolean {
  return spans.some((span) => start < span.end && end > span.start);
}

function fences(text: string): Span[] {
  const spans: Span[] = [];
  let open: { readonly mark: string; readonly start: number } | undefined;
  for (const { index, 1: mark = '', 0: line } of text.matchAll(FENCE)) {
    if (!open) open = { mark, start: index };
    else if (mark.startsWith(open.mark)) {
      spans.push({ start: open.start, end: index + line.length });
      open = undefined;
    }
  }
  if (open) spans.push({ start: open.start, end: text.length });
  return spans;
}

/** From the first tag of a kind that opens to the last that closes; what is never closed goes to the end, what never opened begins at 0. */
function tagged(text: string): Span[] {
  const kinds = new Map<string, { start: number; end: number }>();
  for (const { index, 0: tag, 1: slash, 2: name = '' } of text.matchAll(TAG)) {
    const kind = name.toLowerCase();
    const before = kinds.get(kind);
    const closes = slash === '/' || /\/\s*>$/.test(tag);
    if (closes) kinds.set(kind, { start: before?.start ?? 0, end: index + tag.length });
    else kinds.set(kind, { start: before?.start ?? index, end: text.length });
  }
  return [...kinds.values()];
}

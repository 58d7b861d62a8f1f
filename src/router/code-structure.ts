/** How much of a text looks like source code, a stack trace or a command line: cheap, without backtracking, whatever the text. */
const MAX_LINES = 60;
/** Code lines are short; what a longer one goes on with is not looked at, which also bounds every expression below. */
const MAX_LINE = 160;
/** Evidence from which a text counts as code without a look at its words. */
const CERTAIN = 2;

/** Anchored, without nested repetition: each looks at a line once. */
const LINE_SIGNS: readonly (readonly [sign: RegExp, weight: number])[] = [
  [/^\s{0,40}(?:async )?def \w{1,60} ?\(/, 2],
  [/^\s{0,40}(?:export |public |abstract |final )*class \w{1,60} ?[({:<]/, 2],
  [/^\s{0,40}(?:export |public |abstract |final )*class \w{1,60}\s*$/, 1],
  [/^\s{0,40}(?:import [\w.{*]{1,60}(?:;|$| from | as |, )|from [\w.]{1,60} import )/, 1.5],
  [/^\s{0,40}#include ?[<"]/, 2],
  [/^\s{0,40}(?:public|private|protected|static) (?:static |final |async )*[\w<>[\]]{1,40} \w{1,60} ?[(=;]/, 2],
  [/^\s{0,40}(?:const|let|var|val) \w{1,60}(?:: ?[\w<>[\]]{1,40})? ?=/, 2],
  [/^\s{0,40}(?:export |async |default )*function ?\w{0,60} ?\(/, 2],
  [/^\s{0,40}(?:pub )?(?:fn|func|fun) \w{1,60} ?[(<]/, 2],
  [/^\s{0,40}package [\w.]{1,60};?\s*$/, 1.5],
  [/^\s{0,40}<\?php/, 2],
  [/^\s{0,40}<!DOCTYPE html/i, 2],
  [
    /^\s{0,40}<\/?(?:html|head|body|div|span|script|style|table|tr|td|ul|li|form|input|button|img|nav|template)\b[^>]{0,120}>/i,
    1.5,
  ],
  [/^\s{0,40}SELECT [\w*.,\s()]{1,120}(?: FROM |$)/, 1.5],
  [/^\s{0,40}(?:INSERT INTO|UPDATE \w{1,60} SET|DELETE FROM|CREATE TABLE|ALTER TABLE|WHERE \w{1,60} ?=) ?/, 1.5],
  [/^\s{0,40}@\w{1,60}(?:\(.{0,80}\))?\s*$/, 1],
  [/^\s{0,40}(?:if|for|while|switch|catch|foreach) ?\(.{1,120}\) ?\{?\s*$/, 1],
  [/^\s{0,40}(?:if|for|while|elif|with|except|try|else)\b.{0,100}:\s*$/, 0.7],
  [
    /^\s{0,40}(?:return|throw|raise|yield|await|print|echo|console\.log|System\.out)\b ?[\w("'{[].{0,120}[;)}\]]\s*$/,
    1,
  ],
  [/^\s{0,40}>>> /, 1.5],
  [/^\s{0,40}(?:\$|PS>) ?(?:npm|pip|git|docker|sudo|apt|cargo|kubectl|curl|cd|ls|python3?|node|make|brew)\b/, 2],
  [
    /^\s{0,40}(?:npm|pip3?|git|docker|sudo|cargo|kubectl|npx|yarn|brew) (?:install|add|run|build|push|pull|commit|clone|apt|exec|apply|get)\b/,
    1.5,
  ],
  [/^\s{0,40}(?:FROM \w{1,60}:|RUN |ENTRYPOINT |CMD \[)/, 1],
  [/^Traceback \(most recent call last\)/, 2],
  [/^\s{1,40}File ".{1,120}", line \d/, 2],
  [/^\s{1,40}at [\w$.<>]{1,80} ?\(.{1,80}:\d/, 1.5],
  [/^(?:Uncaught |Exception in thread )?[\w.]{0,60}(?:Error|Exception)\b:/, 1.5],
  [/[{;]\s*$/, 0.4],
  [/^\s{0,40}\}[\s;,)]{0,4}$/, 0.5],
  [/^\s{0,40}(?:\/\/|\/\*\*?|\*\/|--) ?/, 0.3],
  [/^\s{0,40}[\w.[\]]{1,40} ?(?:=|\+=|:=) ?[\w.]{0,40}[([{"'].{0,100}[)\]}"';]\s*$/, 1],
];

/** Marks within prose. Each counts once. */
const INLINE_SIGNS: readonly (readonly [sign: RegExp, weight: number])[] = [
  [/\b[a-zA-Z_]\w{1,40}\(\)/, 1],
  [/\b[a-z]\w{1,40}\.[a-z]\w{1,40}\(/, 1],
  [/\b[a-z]{1,30}_[a-z]{1,30}(?:_[a-z]{1,30})?\b/, 0.4],
  [/\b[a-z]{2,20}[A-Z][a-z]{2,20}(?:[A-Z][a-z]{1,20})?\b/, 0.4],
  [/`[^`\n]{1,80}`/, 0.6],
  [/(?:=>|->|::|===|!==|&&|\|\||\+\+|!=|==)/, 0.5],
  [
    /\b\w{1,40}\.(?:py|js|ts|tsx|jsx|java|cpp|hpp|cs|rb|php|sh|sql|html|css|json|ya?ml|toml|rs|go|ipynb|dll|exe)\b/,
    0.8,
  ],
  [/<\/[a-z]\w{0,20}>/, 1],
  [
    /\b(?:NullPointerException|TypeError|ValueError|KeyError|IndexError|SyntaxError|ReferenceError|segfault|Segmentation fault|undefined reference|stack overflow|npm ERR)/,
    1.5,
  ],
];

export interface CodeStructure {
  /** Evidence; from 2 on a text is taken for code. */
  readonly score: number;
  readonly certain: boolean;
}

/** Formulas and drawings of TeX have braces, semicolons and calls too. */
const FORMULA =
  /\\(?:frac|sqrt|begin|left|text|mathbf|pi|angle|overline|cdot|times|sin|cos|sum|int|le|ge)\b|\[asy\]|\$[^$\n]{1,80}\$/;
const FORMULA_SHARE = 0.3;
/** Notes and formulas are fenced as well; a line of code in the fence makes it certain. */
const FENCE = 1.5;

/** @param text A window, see `textWindow`. */
export function codeStructure(text: string): CodeStructure {
  const share = FORMULA.test(text) ? FORMULA_SHARE : 1;
  let score = fenced(text) ? share * FENCE : 0;
  let start = 0;
  for (let line = 0; line < MAX_LINES && start < text.length && score < 2 * CERTAIN; line++) {
    const end = lineEnd(text, start);
    if (end > start) score += share * lineScore(text.slice(start, Math.min(end, start + MAX_LINE)));
    start = end + 1;
  }
  for (const [sign, weight] of INLINE_SIGNS) if (score < 2 * CERTAIN && sign.test(text)) score += share * weight;
  return { score: Math.min(score, 2 * CERTAIN), certain: score >= CERTAIN };
}

function fenced(text: string): boolean {
  const open = text.indexOf('```');
  return open >= 0 && open + 3 < text.length;
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

/** The strongest sign of a line. */
function lineScore(line: string): number {
  let best = 0;
  for (const [sign, weight] of LINE_SIGNS) if (weight > best && sign.test(line)) best = weight;
  return best;
}

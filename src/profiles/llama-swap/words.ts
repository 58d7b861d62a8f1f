/** A command as llama-swap writes it: several lines, with comments, quoted as for a POSIX shell, which never sees it. */
export function wordsOf(command: string): string[] {
  const text = withoutComments(command).replaceAll(/\\[ \t]*\n/g, ' ');
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (character === '\\' && quote !== "'") {
      const next = text[index + 1] ?? '';
      // Within double quotes it takes the meaning of few characters only.
      const kept = quote === '"' && !/["\\$`\n]/.test(next);
      word = `${word ?? ''}${kept ? '\\' : ''}${next}`;
      index += 1;
    } else word = `${word ?? ''}${character}`;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** Lines that are comments go before macros are put in: what they say of one is not its value. */
export function withoutComments(command: string): string {
  return command
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n');
}

/** What a person should see of the output of an `up` in the background: its warnings and errors, and what is no log record. */
export function saidIn(output: string): string[] {
  const said: string[] = [];
  for (const line of output.split('\n')) {
    if (line.trim() === '' || line.startsWith('Listening on')) continue;
    if (!line.startsWith('{"time":')) {
      said.push(line);
      continue;
    }
    const { level, message, reason } = parseRecord(line);
    if (level !== 'warn' && level !== 'error') continue;
    if (typeof reason !== 'string') said.push(String(message));
    // A reason is told once, however many things it keeps from happening.
    else if (!said.some((told) => told.includes(reason))) said.push(`${String(message)}: ${reason}`);
  }
  return said;
}

/** The last line may be in the writing: then it is none yet. */
function parseRecord(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

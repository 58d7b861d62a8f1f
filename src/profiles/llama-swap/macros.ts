/** llama-swap's substitutions: `${env.NAME}` in the whole file, then macros, the later ones first, then the port. */

export interface Macro {
  readonly name: string;
  readonly value: string | number | boolean;
}

/** What stands for the port until it is known what the port is for. */
export const PORT = '${PORT}';

/** The macros of a model: its own name, then the file's, of which the model's own take the place, then the model's others. */
export function macrosFor(model: string, global: readonly Macro[], own: readonly Macro[]): Macro[] {
  const all: Macro[] = [{ name: 'MODEL_ID', value: model }, ...global];
  for (const macro of own) {
    const index = all.findIndex(({ name }) => name === macro.name);
    if (index < 0) all.push(macro);
    else all[index] = macro;
  }
  return all;
}

export function applyMacros(text: string, macros: readonly Macro[]): string {
  return macros.reduceRight((result, { name, value }) => result.replaceAll(`\${${name}}`, () => String(value)), text);
}

/** In values of any depth; a text that is one macro and nothing else becomes the macro's own value. */
export function applyMacrosDeeply(value: unknown, macros: readonly Macro[]): unknown {
  if (typeof value === 'string') {
    const whole = macros.findLast(({ name }) => value === `\${${name}}`);
    return whole && typeof whole.value !== 'string' ? whole.value : applyMacros(value, macros);
  }
  if (Array.isArray(value)) return value.map((item) => applyMacrosDeeply(item, macros));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, below]) => [applyMacros(key, macros), applyMacrosDeeply(below, macros)]),
  );
}

/** Macros that nothing stands for. */
export function unknownMacros(text: string): string[] {
  const names = [...text.matchAll(/\$\{([A-Za-z0-9_.-]+)\}/g)].map(([, name = '']) => name);
  return [...new Set(names.filter((name) => name !== 'PORT' && name !== 'PID'))];
}

export const ENVIRONMENT = /\$\{env\.([A-Za-z_]\w*)\}/g;

/** What may be a secret is not copied into a profile. */
export const SECRET_NAME = /key|token|secret|passw/i;

/** The environment put in; a name that is not set, or is to be kept, stays as it stands. */
export function applyEnvironment(text: string, environment: NodeJS.ProcessEnv, kept?: RegExp): string {
  return text.replaceAll(ENVIRONMENT, (whole, name: string) =>
    kept?.test(name) ? whole : (environment[name] ?? whole),
  );
}

/** The variables that a text refers to. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(ENVIRONMENT)].map(([, name = '']) => name);
}

/** The variable that a text stands for and nothing else; undefined where it is another text. */
export function variableOf(text: string): string | undefined {
  return /^\$\{env\.([A-Za-z_]\w*)\}$/.exec(text.trim())?.[1];
}

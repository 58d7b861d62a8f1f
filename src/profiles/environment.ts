import type { Problem } from './problems.ts';
import { problemAt } from './problems.ts';
import type { Path, Scalar, Tree } from './tree.ts';
import { mapScalars } from './tree.ts';

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const INNER = /^([A-Za-z_]\w*)(?::-([^]*))?$/;
const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;

/**
 * Puts the environment into every text: `${NAME}` (must be set), `${NAME:-default}` (where unset or empty), `$${` for the
 * characters themselves. A text that is one reference and nothing else may become a number or true/false.
 */
export function substituteEnvironment(tree: Tree, environment: NodeJS.ProcessEnv, problems: Problem[]): Tree {
  return mapScalars(tree, (scalar, path) => substituteScalar(scalar, path, environment, problems));
}

export function substituteScalar(
  scalar: Scalar,
  path: Path,
  environment: NodeJS.ProcessEnv,
  problems: Problem[],
): Scalar {
  const { value: reference, place } = scalar;
  if (typeof reference !== 'string' || !reference.includes('${')) return scalar;
  const variables: string[] = [];
  const refuse = (message: string) => {
    problems.push(problemAt(place, path, message));
    return '';
  };
  const text = reference.replaceAll(REFERENCE, (whole: string, inner: string | undefined, end: string) => {
    if (whole === '$${') return '${';
    const [, name, fallback] = (end === '}' ? INNER.exec(inner ?? '') : null) ?? [];
    if (name === undefined || fallback?.includes('${')) {
      return refuse(
        `${whole} is no reference: write \${NAME} or \${NAME:-default}, or $\${ for the characters themselves`,
      );
    }
    variables.push(name);
    const value = environment[name];
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    return fallback ?? refuse(`the environment has no ${name}; set it, or write \${${name}:-default}`);
  });
  if (variables.length === 0) return { ...scalar, value: text };
  const isWhole = /^\$\{[^}]*\}$/.test(reference);
  return { ...scalar, value: isWhole ? asScalar(text) : text, origin: { reference, variables, text } };
}

function asScalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return NUMBER.test(text) ? Number(text) : text;
}

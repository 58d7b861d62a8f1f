import { Document, isMap, isScalar, isSeq } from 'yaml';
import type { YAMLMap } from 'yaml';

/** A text that is written as it is: one with references to the environment. */
export class Written {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Empty where it is not set. */
  static reference(variable: string): Written {
    return new Written(`\${${variable}:-}`);
  }

  /** A text in which `${env.NAME}` is to be such a reference, and everything else is taken literally. */
  static withReferences(text: string): Written {
    return new Written(
      text.replaceAll(/\$\{(?:env\.([A-Za-z_]\w*)\})?/g, (_whole, variable: string | undefined) =>
        variable === undefined ? '$${' : `\${${variable}:-}`,
      ),
    );
  }
}

/** A profile that the program writes, for a person to go on with. */
export interface WrittenProfile {
  /** Path of the JSON schema, for editors. */
  readonly schema: string;
  /** Lines above everything. */
  readonly comment: readonly string[];
  /** As it is to stand in the file; texts are taken literally, `${` included. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Lines above a key of the first level, or above an expert: `budget`, `experts.general`. */
  readonly comments?: Readonly<Record<string, readonly string[]>>;
  /** Lines below everything. */
  readonly closing?: readonly string[];
}

/** What is short enough stands on one line. */
const INLINE_LENGTH = 90;

/** The profile as commented YAML. */
export function writeProfileYaml({ schema, comment, content, comments = {}, closing = [] }: WrittenProfile): string {
  const document = new Document(plainContent(content), { schema: 'core' });
  document.commentBefore = commentOf([`yaml-language-server: $schema=${schema}`, '', ...comment]);
  if (closing.length > 0) document.comment = commentOf(['', ...closing]);
  const top = document.contents;
  if (isMap(top)) {
    for (const { key, node } of pairsOf(top)) {
      // An expert is a block, however little it says.
      inline(node, keyText(key) === 'experts' ? -1 : 0);
      annotate(key, comments[keyText(key)], keyText(key) !== 'name' && keyText(key) !== 'description');
      if (keyText(key) !== 'experts' || !isMap(node)) continue;
      for (const [index, expert] of pairsOf(node).entries())
        annotate(expert.key, comments[`experts.${keyText(expert.key)}`], index > 0);
    }
  }
  return `${document.toString({ lineWidth: 0 }).trimEnd()}\n`;
}

function annotate(key: unknown, lines: readonly string[] | undefined, spaced: boolean): void {
  if (!isScalar(key)) return;
  if (lines && lines.length > 0) key.commentBefore = commentOf(lines);
  if (spaced) key.spaceBefore = true;
}

/** Maps and lists of plain values on one line, from the first level on. */
function inline(node: unknown, level: number): void {
  if (!isMap(node) && !isSeq(node)) return;
  const children = isMap(node) ? pairsOf(node).map(({ node: child }) => child) : node.items;
  for (const child of children) inline(child, level + 1);
  const isFlat = children.every((child) => isScalar(child) || ((isMap(child) || isSeq(child)) && child.flow));
  if (level > 0 && isFlat && JSON.stringify(node).length <= INLINE_LENGTH) node.flow = true;
}

function pairsOf(map: YAMLMap): { key: unknown; node: unknown }[] {
  return map.items.map(({ key, value }) => ({ key, node: value }));
}

const keyText = (key: unknown) => (isScalar(key) ? String(key.value) : '');

const commentOf = (lines: readonly string[]) =>
  lines.map((line) => ` ${line.replaceAll(/\p{Cc}+/gu, ' ').trimEnd()}`.trimEnd()).join('\n');

/** A profile puts the environment into its texts: what looks like a reference is written so that it is none. */
export function plainContent(value: unknown): unknown {
  if (value instanceof Written) return value.text;
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(plainContent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, below]) => (below === undefined ? [] : [[key, plainContent(below)]])),
  );
}

/** What is used of a DOM, whichever makes it. */
export interface DomNode {
  readonly nodeType: number;
  readonly childNodes: Iterable<DomNode>;
  readonly textContent: string | null;
}

export interface DomElement extends DomNode {
  readonly localName: string;
  getAttribute(name: string): string | null;
}

const ELEMENT = 1;
const TEXT = 3;

export function isElement(node: DomNode): node is DomElement {
  return node.nodeType === ELEMENT;
}

export function isText(node: DomNode): boolean {
  return node.nodeType === TEXT;
}

/** Deeper, structure is an attack: then `textContent` does. */
const DEEPEST = 300;
const RUNS_ON = new Set(
  'a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);

/** What is said in an element, in one line: what stands in blocks of its own is not glued together. */
export function lineOf(node: DomNode): string {
  const parts: string[] = [];
  const walk = (from: DomNode, depth: number) => {
    for (const child of from.childNodes) {
      if (isText(child)) parts.push(child.textContent ?? '');
      if (!isElement(child)) continue;
      const gap = RUNS_ON.has(child.localName) ? '' : ' ';
      parts.push(gap);
      if (child.localName === 'img') parts.push(child.getAttribute('alt') ?? '');
      else if (depth < DEEPEST) walk(child, depth + 1);
      else parts.push(child.textContent ?? '');
      parts.push(gap);
    }
  };
  walk(node, 0);
  return parts.join('').replace(/\s+/g, ' ').trim();
}

import { type DomElement, type DomNode, isElement, isText, lineOf } from './dom.ts';
import { tableLines } from './to-markdown-table.ts';

/** What begins a block of its own; everything else runs on in its line. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 ' +
    'h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary table tbody td tfoot th thead tr ul'
  ).split(' '),
);
const SOFT_HYPHEN = '\u00ad';
/** Deeper, structure is an attack, and only the text counts. */
const DEEPEST = 300;

interface Place {
  /** In front of the first line of the next block, and of all others. */
  readonly first: string;
  readonly rest: string;
  readonly depth: number;
}

/** HTML as Markdown, in time linear in its length: addresses, images and emphasis go, what they say stays. */
export function toMarkdown(root: DomNode): string {
  const writer = new Writer();
  writer.blocks(root, { first: '', rest: '', depth: 0 });
  return writer.text();
}

class Writer {
  readonly #parts: string[] = [];
  #line: string[] = [];
  /** Of the block before: what two have in common is in front of the blank line between them. */
  #lastRest = '';
  /** Consecutive items of lists stand without a blank line between. */
  #wasItem = false;

  text(): string {
    return this.#parts.length === 0 ? '' : `${this.#parts.join('').replaceAll(SOFT_HYPHEN, '')}\n`;
  }

  /** The children of a node, as blocks. */
  blocks(node: DomNode, place: Place): Place {
    let here = place;
    for (const child of node.childNodes) here = this.#child(child, here);
    return this.#endLine(here);
  }

  #child(node: DomNode, place: Place): Place {
    if (isText(node)) this.#line.push(collapse(node.textContent ?? ''));
    if (!isElement(node)) return place;
    const deeper = { ...place, depth: place.depth + 1 };
    if (deeper.depth > DEEPEST) {
      this.#line.push(' ', collapse(node.textContent ?? ''), ' ');
      return place;
    }
    if (BLOCKS.has(node.localName)) return this.#block(node, this.#endLine(deeper));
    return { ...this.#inline(node, deeper), depth: place.depth };
  }

  #inline(node: DomElement, place: Place): Place {
    switch (node.localName) {
      case 'br':
        this.#line.push('\n');
        return place;
      case 'img':
        this.#line.push(collapse(node.getAttribute('alt') ?? ''));
        return place;
      case 'code': {
        const code = collapse(node.textContent ?? '').trim();
        this.#line.push(code.includes('`') || code === '' ? code : `\`${code}\``);
        return place;
      }
      default: {
        let here = place;
        for (const child of node.childNodes) here = this.#child(child, here);
        return here;
      }
    }
  }

  #block(node: DomElement, place: Place): Place {
    const outer = place.depth - 1;
    const back = ({ first, rest }: Place): Place => ({ first, rest, depth: outer });
    switch (node.localName) {
      case 'h1':
      case 'h2':
      case 'h3':
      case 'h4':
      case 'h5':
      case 'h6': {
        const title = lineOf(node);
        return back(title === '' ? place : this.#write(`${'#'.repeat(Number(node.localName[1]))} ${title}`, place));
      }
      case 'hr':
        return back(place);
      case 'pre':
        return back(this.#write(fenced(node.textContent ?? ''), place));
      case 'ul':
      case 'ol':
      case 'menu':
      case 'dir':
        return back(this.#list(node, place));
      case 'blockquote': {
        const inner = { ...place, first: `${place.first}> `, rest: `${place.rest}> ` };
        return back({ ...place, first: this.blocks(node, inner).first === inner.first ? place.first : place.rest });
      }
      case 'table': {
        const lines = tableLines(node);
        return back(lines ? this.#write(lines.join('\n'), place) : this.blocks(node, place));
      }
      default:
        return back(this.blocks(node, place));
    }
  }

  #list(list: DomElement, place: Place): Place {
    let here = place;
    let number = Number.parseInt(list.getAttribute('start') ?? '1', 10) || 1;
    for (const child of list.childNodes) {
      if (!isElement(child)) continue;
      const marker = list.localName === 'ol' ? `${number}. ` : '- ';
      number += 1;
      const indent = ' '.repeat(marker.length);
      const inner = { first: here.first + marker, rest: here.rest + indent, depth: here.depth + 1 };
      this.#wasItem = this.#wasItem || here !== place;
      const after = child.localName === 'li' ? this.blocks(child, inner) : this.#endLine(this.#child(child, inner));
      if (after.first !== inner.first) here = { ...here, first: here.rest };
    }
    return here;
  }

  #endLine(place: Place): Place {
    if (this.#line.length === 0) return place;
    const text = this.#line
      .join('')
      .replace(/ {2,}/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .trim();
    this.#line = [];
    return text === '' ? place : this.#write(text, place);
  }

  #write(text: string, place: Place): Place {
    const isItem = place.first !== place.rest && /(?:-|\d\.) $/.test(place.first);
    if (this.#parts.length > 0) {
      const shared = commonStart(this.#lastRest, place.rest).trimEnd();
      this.#parts.push(isItem && this.#wasItem ? '\n' : `\n${shared}\n`);
    }
    this.#lastRest = place.rest;
    this.#parts.push(place.first, text.replaceAll('\n', `\n${place.rest}`));
    this.#wasItem = isItem;
    return { ...place, first: place.rest };
  }
}

function commonStart(left: string, right: string): string {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return left.slice(0, length);
}

/** White space as a browser shows it: of a text node, what is at its ends counts. */
function collapse(text: string): string {
  return text.replace(/[\t\n\r\f ]+/g, ' ');
}

function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`{3,100}/g)].slice(0, 1_000).map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${code
    .replace(/^\r?\n/, '')
    .replace(/\r\n?/g, '\n')
    .trimEnd()}\n${fence}`;
}

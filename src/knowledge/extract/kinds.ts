import type { Structure } from './blocks.ts';

/** How a text is read: as it stands in one of these structures, or converted from HTML. */
export interface TextKind {
  readonly structure: Structure | 'html';
  readonly mime: string;
}

const PLAIN: TextKind = { structure: 'text', mime: 'text/plain' };
const HTML: TextKind = { structure: 'html', mime: 'text/html' };
const MARKDOWN: TextKind = { structure: 'markdown', mime: 'text/markdown' };
const JSON_KIND: TextKind = { structure: 'json', mime: 'application/json' };
const JSON_LINES: TextKind = { structure: 'jsonl', mime: 'application/jsonl' };

const code = (mime: string): TextKind => ({ structure: 'code', mime });

const BY_EXTENSION: Readonly<Record<string, TextKind>> = {
  ...each('md markdown mdown mkd mdx qmd rmd', MARKDOWN),
  ...each('html htm xhtml shtml', HTML),
  ...each('csv', { structure: 'csv', mime: 'text/csv' }),
  ...each('tsv tab', { structure: 'csv', mime: 'text/tab-separated-values' }),
  ...each('json geojson ipynb webmanifest har', JSON_KIND),
  ...each('jsonl ndjson', JSON_LINES),
  ...each('js mjs cjs jsx', code('text/javascript')),
  ...each('ts mts cts tsx', code('text/x-typescript')),
  ...each('py pyi pyw', code('text/x-python')),
  ...each('java', code('text/x-java')),
  ...each('c h', code('text/x-c')),
  ...each('cc cpp cxx hpp hh hxx ino cu', code('text/x-c++')),
  ...each('cs', code('text/x-csharp')),
  ...each('go', code('text/x-go')),
  ...each('rs', code('text/x-rust')),
  ...each('rb', code('text/x-ruby')),
  ...each('php', code('text/x-php')),
  ...each('swift', code('text/x-swift')),
  ...each('kt kts', code('text/x-kotlin')),
  ...each('scala sbt', code('text/x-scala')),
  ...each('lua', code('text/x-lua')),
  ...each('pl pm', code('text/x-perl')),
  ...each('r', code('text/x-r')),
  ...each('sql surql', code('text/x-sql')),
  ...each('sh bash zsh fish', code('text/x-shellscript')),
  ...each('ps1 psm1', code('text/x-powershell')),
  ...each('yaml yml', code('application/yaml')),
  ...each('toml', code('application/toml')),
  ...each('xml xsd xsl xslt svg rss atom plist kml gpx', code('application/xml')),
  ...each('css scss sass less', code('text/css')),
  ...each(
    'ex exs erl hrl hs ml mli clj cljs dart zig nim jl f90 f95 vb pas asm s v sv vhd vhdl m mm groovy gradle',
    code('text/x-source'),
  ),
  ...each(
    'vue svelte astro tf hcl proto graphql gql cmake mk bat ini cfg conf properties env dockerfile makefile diff patch',
    code('text/x-source'),
  ),
};

/** Programs without an extension. */
const BY_NAME: Readonly<Record<string, TextKind>> = each(
  'dockerfile makefile jenkinsfile vagrantfile rakefile gemfile',
  code('text/x-source'),
);

const BY_MIME: readonly (readonly [RegExp, TextKind])[] = [
  [/^text\/html$|^application\/xhtml/, HTML],
  [/^text\/(?:x-)?markdown$/, MARKDOWN],
  [/^text\/csv$/, { structure: 'csv', mime: 'text/csv' }],
  [/^text\/tab-separated-values$/, { structure: 'csv', mime: 'text/tab-separated-values' }],
  [/^application\/(?:x-)?(?:jsonl|ndjson|json-lines|jsonlines)$/, JSON_LINES],
  [/^application\/(?:[\w.-]+\+)?json$/, JSON_KIND],
  [/^(?:text|application)\/(?:[\w.-]+\+)?xml$/, code('application/xml')],
];

const HTML_START = /^\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^]{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i;
const TAG = /<\/?(?:html|body|p|div|h[1-6]|table|ul|ol|a|span|article|section)\b[^<>]*>/i;
const HEAD = 8_192;

/** The kind of a decoded text: what it looks like first, then what its name and its sender say. */
export function kindOf(text: string, name: string, mime: string | undefined): TextKind {
  const head = text.slice(0, HEAD);
  const hint = byName(name) ?? byMime(mime);
  // Templates of programs and of Markdown may begin like a page.
  if (hint?.structure !== 'code' && hint?.structure !== 'markdown' && HTML_START.test(head)) return HTML;
  switch (hint?.structure) {
    case 'html':
      return TAG.test(head) ? HTML : PLAIN;
    case 'json':
      return looksLikeJson(text) ? hint : isJsonLines(head) ? JSON_LINES : PLAIN;
    case 'csv':
    case 'code':
    case 'jsonl':
    case 'markdown':
    case 'text':
      return hint;
    case undefined:
      if (looksLikeJson(text) && isJson(text)) return JSON_KIND;
      return isJsonLines(head) ? JSON_LINES : PLAIN;
  }
}

/** The character set that a media type names. */
export function charsetOf(mime: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec(mime ?? '')?.[1];
}

function byName(name: string): TextKind | undefined {
  const last = name.split(/[/\\]/).at(-1)?.toLowerCase() ?? '';
  const extension = /\.([a-z0-9]+)$/.exec(last)?.[1];
  if (extension !== undefined) return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
  return Object.hasOwn(BY_NAME, last) ? BY_NAME[last] : undefined;
}

function byMime(mime: string | undefined): TextKind | undefined {
  const type = (mime ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return BY_MIME.find(([pattern]) => pattern.test(type))?.[1];
}

function looksLikeJson(text: string): boolean {
  const [first, last] = [text.slice(0, 1_000).trimStart().charAt(0), text.slice(-1_000).trimEnd().slice(-1)];
  return (first === '{' && last === '}') || (first === '[' && last === ']');
}

const LARGEST_TRIAL = 4 << 20;

function isJson(text: string): boolean {
  if (text.length > LARGEST_TRIAL) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isJsonLines(head: string): boolean {
  const lines = head.split(/\r?\n/).slice(0, 3);
  return lines.length >= 2 && lines.slice(0, 2).every((line) => looksLikeJson(line) && isJson(line));
}

function each(names: string, kind: TextKind): Record<string, TextKind> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]));
}

/** How a text that somebody gives is cut: by its media type, else like Markdown, which every text is. It is never converted. */
export function givenKind(mime: string | undefined): { readonly structure: Structure; readonly mime: string } {
  const type = (mime ?? 'text/markdown').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^[a-z]+\/[a-z0-9.+-]{1,100}$/.test(type)) return { structure: 'text', mime: PLAIN.mime };
  const { structure } = byMime(type) ?? (type.startsWith('text/x-') ? code(type) : PLAIN);
  return { structure: structure === 'html' ? 'markdown' : structure, mime: type };
}

/** One stanza of Debian's package index: field name in lower case → value. */
type Stanza = ReadonlyMap<string, string>;

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly section: string;
  readonly size: number;
  readonly sha256: string;
  /** Each dependency as its alternatives, by name. */
  readonly depends: readonly (readonly string[])[];
  readonly provides: readonly string[];
}

/** The stanzas of `apt-cache show`. */
export function parsePackages(text: string): DebianPackage[] {
  return text
    .split(/\n\s*\n/)
    .filter((block) => block.trim())
    .map((block) => toPackage(parseStanza(block)));
}

/** `'http://…' name_version_arch.deb 1234 SHA256:…` lines of `--print-uris` → `name=version`, as apt-cache and apt-get take it. */
export function parsePrintedUris(text: string): string[] {
  return [...text.matchAll(/^'[^']*' ([^\s_]+)_([^\s_]+)_[^\s_]+\.deb \d+/gm)].map(
    ([, name, version]) => `${name}=${decodeURIComponent(version ?? '')}`,
  );
}

/**
 * What of a complete installation a program in a private root needs: the roots and, from them along their dependencies, every
 * package of shared libraries (section `libs` in any archive area). What is only needed to configure or administer a system is in
 * other sections and stays away, and so does what is reached only through it.
 */
export function libraryClosure(all: readonly DebianPackage[], roots: readonly string[]): DebianPackage[] {
  const providers = new Map<string, DebianPackage>();
  for (const one of all) for (const name of [...one.provides, one.name]) providers.set(name, one);
  const wanted = new Map<string, DebianPackage>();
  const queue = roots.map((name) => providers.get(name)).filter((found) => found !== undefined);
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (wanted.has(next.name)) continue;
    wanted.set(next.name, next);
    for (const alternatives of next.depends) {
      const found = alternatives.map((name) => providers.get(name)).find((candidate) => candidate !== undefined);
      if (found && /^(?:[\w-]+\/)?(?:old)?libs$/.test(found.section)) queue.push(found);
    }
  }
  return [...wanted.values()];
}

function parseStanza(block: string): Stanza {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of block.split('\n')) {
    const [, field, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (field) fields.set((name = field.toLowerCase()), value ?? '');
    else if (name) fields.set(name, `${fields.get(name)} ${line.trim()}`);
  }
  return fields;
}

function toPackage(stanza: Stanza): DebianPackage {
  const field = (name: string) => stanza.get(name) ?? '';
  return {
    name: field('package'),
    version: field('version'),
    architecture: field('architecture'),
    section: field('section'),
    size: Number(field('size')),
    sha256: field('sha256'),
    depends: relations([field('pre-depends'), field('depends')].filter(Boolean).join(', ')),
    provides: relations(field('provides')).flat(),
  };
}

function relations(text: string): string[][] {
  return text
    .split(',')
    .filter((clause) => clause.trim())
    .map((clause) => clause.split('|').map((name) => /^[^\s(:[]+/.exec(name.trim())?.[0] ?? ''));
}

import type { ProgramDevice } from '../engines/contract.ts';

/** `version: 0.7.0 (build 11669, commit Debian)` → what stands after the colon; undefined where no line says a version. */
export function parseVersion(text: string): string | undefined {
  return /^\s*version:\s*(\S.*?)\s*$/m.exec(text)?.[1];
}

/** The part of a version that a build is named after: `0.7.0-11669`, `b4391`; never anything that is unfit for a folder name. */
export function versionSlug(version: string): string {
  const [, release, build] = /^(\S+) \(build (\d+)/.exec(version) ?? [];
  // Builds of 2024 to early 2026 say `4391 (9ba399dfa)`: the number of the release tag.
  const [, number] = /^(\d+) \(/.exec(version) ?? [];
  const slug = release ? `${release}-${build}` : number ? `b${number}` : version;
  return slug.replaceAll(/[^\w.-]+/g, '-').slice(0, 60);
}

const FLAG = /^(--?[A-Za-z][\w.-]*)/;
/** What may stand between a flag and the next spelling of it: nothing, or a value without blanks. */
const BETWEEN = /^(?:[ =][^\s,]+)?,\s*(?=-)/;

/** Every spelling of every flag of a `--help`: the lines that begin with one, up to where its value or description begins. */
export function parseFlags(help: string): string[] {
  const flags = new Set<string>();
  for (const line of help.split('\n')) {
    let rest = /^ {0,4}(-.*)$/.exec(line)?.[1] ?? '';
    for (;;) {
      const flag = FLAG.exec(rest)?.[1];
      if (!flag) break;
      flags.add(flag);
      rest = rest.slice(flag.length);
      const separator = BETWEEN.exec(rest)?.[0];
      if (!separator) break;
      rest = rest.slice(separator.length);
    }
  }
  return [...flags];
}

/** Names under which a Vulkan driver that computes on the CPU shows up. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader/i;

/**
 * The accelerators of a `--list-devices`. Left out is what is listed there and is no GPU: a BLAS library (it has no memory of its
 * own) and a software rasteriser.
 */
export function parseDevices(listing: string): ProgramDevice[] {
  const lines = listing.split('\n').map((line) => line.trimEnd());
  const start = lines.findIndex((line) => /^available devices/i.test(line.trim()));
  return lines
    .slice(start < 0 ? lines.length : start + 1)
    .map((line) => /^\s+([A-Za-z][\w.:[\]-]*?):\s+(\S.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ name: match[1] ?? '', description: match[2] ?? '' }))
    .filter(({ description }) => !SOFTWARE.test(description) && !/\(0 MiB,/.test(description));
}

/** The backend a program works with, told from its devices: `CUDA0` → `cuda`; `cpu` where there is none. */
export function backendOf(devices: readonly ProgramDevice[]): string {
  return /^[A-Za-z]+/.exec(devices[0]?.name ?? '')?.[0].toLowerCase() ?? 'cpu';
}

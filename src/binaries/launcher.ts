import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LauncherOptions {
  /** Folder of the build, where the launcher is written. */
  readonly directory: string;
  readonly name: string;
  /** The real program; this and all paths below are relative to the build's folder. */
  readonly target: string;
  /** The working directory that the program needs to find its back ends; it is left as it is where absent. */
  readonly workingDirectory?: string;
  /** The dynamic loader and the folders of libraries that the program runs with, in place of the system's. */
  readonly loader?: { readonly path: string; readonly libraries: readonly string[] };
}

/**
 * Writes a `sh` script that becomes the program (`exec`: the process id is the engine's own) wherever the build's folder lies, and
 * through whatever symbolic link or relative path it is called.
 */
export function writeLauncher({ directory, name, target, workingDirectory, loader }: LauncherOptions): void {
  const program = `"$here/${target}"`;
  const libraries = loader?.libraries.map((folder) => `$here/${folder}`).join(':');
  const start = loader
    ? `"$here/${loader.path}" --argv0 ${JSON.stringify(name)} --library-path "${libraries}" ${program}`
    : program;
  const lines = [
    '#!/bin/sh',
    '# Written by `orchestrator engine install`; may be moved together with the folder it lies in.',
    'case $0 in /*) self=$0 ;; *) self=$(readlink -f "$0") ;; esac',
    'if [ -L "$self" ]; then self=$(readlink -f "$self"); fi',
    'here=${self%/*}',
    ...(workingDirectory === undefined ? [] : [`cd "$here/${workingDirectory}" || exit 127`]),
    `exec ${start} "$@"`,
  ];
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}

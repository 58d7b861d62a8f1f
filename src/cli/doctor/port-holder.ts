import { readdirSync, readFileSync } from 'node:fs';

import { allPids, listensOnPort } from '../../supervisor/proc.ts';

export interface PortHolder {
  readonly pid: number;
  /** The command as it was started, in short. */
  readonly name: string;
}

/** The process that listens on a TCP port; undefined where none does or it belongs to another user. */
export function holderOfPort(port: number): PortHolder | undefined {
  const pid = allPids().find((candidate) => mayLookInto(candidate) && listensOnPort([candidate], port));
  return pid === undefined ? undefined : { pid, name: commandOf(pid) };
}

const LONGEST = 80;

function mayLookInto(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).length > 0;
  } catch {
    return false;
  }
}

function commandOf(pid: number): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    const name = words.slice(0, 3).join(' ');
    return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
  } catch {
    return 'a program';
  }
}

/** Which weights llama.cpp's CPU back end rewrites into private memory, so that the mapped file no longer serves them. */
import { readFileSync } from 'node:fs';

/** Tensor types with a repacked layout on a processor. */
export type RepackedTypes = ReadonlySet<string>;

/** What the processor must have for a type to be repacked; measured on x86-64 with Debian's 0.7.0, for Arm from the source. */
const X86: readonly (readonly [type: string, flag: string])[] = [
  ['Q4_0', 'avx2'],
  ['Q4_K', 'avx2'],
  ['IQ4_NL', 'avx2'],
  ['MXFP4', 'avx2'],
  ['Q2_K', 'avx512f'],
];
const ARM: readonly (readonly [type: string, flag: string])[] = [
  ['Q4_0', 'asimddp'],
  ['IQ4_NL', 'asimddp'],
  ['MXFP4', 'asimddp'],
  ['Q4_K', 'asimddp'],
  ['Q5_K', 'asimddp'],
  ['Q6_K', 'asimddp'],
  ['Q8_0', 'asimddp'],
];
/** Intel's matrix tiles take more types, into a buffer of the same kind. */
const AMX = ['Q4_0', 'Q4_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_XS'];

/** Pure: the types that are repacked on a processor with these feature flags (`flags` or `Features` of `/proc/cpuinfo`). */
export function repackedTypes(architecture: string, flags: ReadonlySet<string>): RepackedTypes {
  const table = architecture === 'arm64' ? ARM : X86;
  const types = new Set(table.filter(([, flag]) => flags.has(flag)).map(([type]) => type));
  if (flags.has('amx_int8')) for (const type of AMX) types.add(type);
  return types;
}

/** Of this machine; none where the processor does not say what it can. */
export function repackedHere(): RepackedTypes {
  return repackedTypes(process.arch, parseCpuFlags(readCpuInfo()));
}

export function parseCpuFlags(cpuinfo: string): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  return new Set(line.split(/\s+/).filter(Boolean));
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}

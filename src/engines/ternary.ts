/** 1.58-bit models, and which of the two families of engines reads which (engines.md 2.9). */
import type { ModelHeader } from './contract.ts';

/** bitnet.cpp's own tensor type; in llama.cpp the number stands for a type that was removed. */
export const I2_S = 36;

/** Architectures of BitNet b1.58 2B4T: of the file there is now, and of its first upload. */
const BITNET_ARCHITECTURES: ReadonlySet<string> = new Set(['bitnet-b1.58', 'bitnet-25']);

/** Whether bitnet.cpp alone can read the model. */
export function isForBitnet({ architecture, tensorTypes }: ModelHeader): boolean {
  return tensorTypes.has(I2_S) || BITNET_ARCHITECTURES.has(architecture);
}

/** In bitnet.cpp's numbering 37 to 39 are its int8 and lookup-table types; 39 is MXFP4 in llama.cpp since 2025. */
const LAST_OF_2024 = 39;
const MXFP4 = 39;

/** The first type of a model that an engine of October 2024 cannot know; undefined where it knows all of them. */
export function tooNewFor2024({ architecture, tensorTypes }: ModelHeader): string | undefined {
  const isOwn = BITNET_ARCHITECTURES.has(architecture) || tensorTypes.has(I2_S);
  for (const type of tensorTypes) {
    if (type === MXFP4 && !isOwn) return 'MXFP4';
    if (type > LAST_OF_2024) return `type ${type}`;
  }
  return undefined;
}

import type { StoredVector } from '../../store/contract.ts';

export interface PackedOfDocument {
  readonly id: string;
  readonly ords: readonly number[];
  /** One after the other, in a buffer of their own that can be handed to another thread. */
  readonly packed: Float32Array<ArrayBuffer>;
}

/** Vectors by document, each document's in one buffer. */
export function packVectors(vectors: readonly StoredVector[]): PackedOfDocument[] {
  const byDocument = new Map<string, StoredVector[]>();
  for (const vector of vectors) {
    const others = byDocument.get(vector.document);
    if (others) others.push(vector);
    else byDocument.set(vector.document, [vector]);
  }
  return [...byDocument].map(([id, own]) => {
    const dimensions = own[0]?.vector.length ?? 0;
    const packed = new Float32Array(own.length * dimensions);
    for (const [index, { vector }] of own.entries()) packed.set(vector.subarray(0, dimensions), index * dimensions);
    return { id, ords: own.map(({ ord }) => ord), packed };
  });
}

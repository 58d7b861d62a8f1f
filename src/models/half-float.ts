const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The IEEE half-precision bits of a number, rounded to nearest, ties to even. Node 22 has no Float16Array. */
export function halfBits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const exponent = (word >>> 23) & 0xff;
  const mantissa = word & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const unbiased = exponent - 127;
  if (unbiased > 15) return sign | 0x7c00;
  if (unbiased < -25) return sign;
  // Normal numbers lose 13 bits of mantissa; subnormal ones lose more and show their leading one.
  const dropped = unbiased >= -14 ? 13 : -unbiased - 1;
  const full = unbiased >= -14 ? ((unbiased + 15) << 23) | mantissa : mantissa | 0x800000;
  const half = full >>> dropped;
  const rest = full & ((1 << dropped) - 1);
  const middle = 1 << (dropped - 1);
  const roundUp = rest > middle || (rest === middle && (half & 1) === 1);
  return sign | (half + (roundUp ? 1 : 0));
}

/** Little-endian f32 bytes → little-endian f16 bytes. */
export function toHalves(singles: Uint8Array): Uint8Array {
  const view = new DataView(singles.buffer, singles.byteOffset, singles.byteLength);
  const halves = new Uint16Array(singles.byteLength / 4);
  for (let index = 0; index < halves.length; index += 1) halves[index] = halfBits(view.getFloat32(index * 4, true));
  return new Uint8Array(halves.buffer);
}

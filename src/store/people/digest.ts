/** @throws RangeError: what is no SHA-256 might be the secret itself. */
export function checkDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new RangeError('a digest is 64 hexadecimal digits');
}

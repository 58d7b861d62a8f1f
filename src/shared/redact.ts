/** Replaces every known secret in a text. Secrets shorter than eight characters are not searched for: they would blank out words. */
export class Redactor {
  readonly #secrets = new Set<string>();

  add(secret: string | undefined): void {
    if (secret !== undefined && secret.length >= 8) this.#secrets.add(secret);
  }

  remove(secret: string): void {
    this.#secrets.delete(secret);
  }

  redact(text: string): string {
    let result = text;
    for (const secret of this.#secrets) if (result.includes(secret)) result = result.replaceAll(secret, '[secret]');
    return result;
  }
}

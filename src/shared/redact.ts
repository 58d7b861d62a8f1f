/** Replaces every known secret in a text. Secrets shorter than eight characters are not searched for: they would blank out words. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Answers the function that forgets the secret again. */
  add(secret: string | undefined): () => void {
    if (secret === undefined || secret.length < 8) return () => undefined;
    this.#secrets.add(secret);
    return () => this.#secrets.delete(secret);
  }

  redact(text: string): string {
    let result = text;
    for (const secret of this.#secrets) if (result.includes(secret)) result = result.replaceAll(secret, '[secret]');
    return result;
  }
}

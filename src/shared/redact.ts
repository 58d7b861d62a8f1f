/** Keys and tokens that are made here, wherever they turn up: they say by their form what they are. */
const OWN_FORMS = /\b(?:sk|rt)-orc-[\w-]{16,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** Replaces every known secret in a text, and what looks like a key of this orchestrator. Secrets shorter than eight characters are not searched for: they would blank out words. */
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
    return result.includes('-orc-') || result.includes('eyJ') ? result.replaceAll(OWN_FORMS, '[secret]') : result;
  }
}

/** Domains that the router tells apart by itself; a profile adds others with utterances of its own. */
export const KNOWN_DOMAINS = ['general', 'technical', 'coding', 'multilingual', 'multimodal'] as const;

/** These two are told by the language and by the image, and by no example. */
export const UNTAUGHT_DOMAINS: readonly string[] = ['multilingual', 'multimodal'];

import manifest from '../../package.json' with { type: 'json' };

/** As package.json says it. */
export const VERSION: string = manifest.version;

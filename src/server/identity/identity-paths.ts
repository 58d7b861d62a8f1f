import type { Logger } from '../../telemetry/logger.ts';
import type { ColdApp } from '../cold-context.ts';
import type { Settings } from '../settings.ts';
import type { IdentityHolder } from './identity-holder.ts';

export interface IdentityRoutesOptions {
  readonly identities: Pick<IdentityHolder, 'get' | 'peek' | 'view'>;
  /** Whether anything is kept under this name, by whoever it was. */
  readonly isKept: (user: string) => Promise<boolean>;
  /**
   * Erases what is kept of somebody without an account, and of those that their keys have spoken for; requests of theirs that are under
   * way end. Undefined: nothing was.
   */
  readonly eraseKept: (user: string) => Promise<Readonly<Record<string, number>> | undefined>;
  readonly settings: () => Settings;
}

const PATHS = ['/auth/*', '/api/users/*', '/api/keys/*', '/api/identity/*'];

/** Where accounts and keys are asked for. What answers there is loaded with the first request. */
export function addIdentityPaths(app: ColdApp, options: IdentityRoutesOptions & { readonly logger: Logger }): void {
  let routes: Promise<ColdApp> | undefined;
  const load = async () => (await import('./identity-app.ts')).createIdentityApp(options);
  for (const path of PATHS)
    app.all(path, async (context) => (await (routes ??= load())).fetch(context.req.raw, context.env));
}

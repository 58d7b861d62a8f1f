import { AppError } from '../shared/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ActiveRequests } from './active-requests.ts';
import type { Identity } from './identity/contract.ts';

export interface Revoking {
  readonly active: ActiveRequests;
  readonly logger: Logger;
  /** Whether what was let in once would be let in still. */
  readonly counts: (identity: Identity) => boolean;
  /** False while accounts cannot be looked up: then nothing is known against theirs. */
  readonly areAccountsOpen: boolean;
}

/** Ends the requests of what was revoked, suspended, erased, or taken out of the profile, while they are under way. */
export function endRevoked({ active, logger, counts, areAccountsOpen }: Revoking): void {
  const error = new AppError(
    'unauthorized',
    'The key or login of this request does not count any more: it was revoked, or its user suspended or deleted.',
  );
  const isUnknown = ({ credential: { kind } }: Identity) => !areAccountsOpen && (kind === 'key' || kind === 'token');
  const ended = active.end((identity) => !isUnknown(identity) && !counts(identity), error);
  if (ended > 0) logger.info('requests were ended with what they had been let in by', { requests: ended });
}

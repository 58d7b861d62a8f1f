import { AppError } from '../../shared/errors.ts';

/** What a request gets while nobody can say whose key it brings. */
export function unavailable(reason: string | undefined): AppError {
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  const message = `Accounts cannot be looked up now${why}. Keys of the profile count meanwhile.`;
  return new AppError('identity_unavailable', message, { retryAfterSeconds: 2 });
}

import { join } from 'node:path';

import type { Paths } from '../../shared/paths.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Opener } from '../holder.ts';
import { AccountBook, type AccountStore } from './account-book.ts';
import { Accounts } from './accounts.ts';
import type { OpenIdentities } from './identity-holder.ts';
import type { LoginSettings } from './logins.ts';
import { SigningKeys } from './signing-keys.ts';

export interface IdentityHouse {
  readonly logger: Logger;
  readonly paths: Pick<Paths, 'stateDir'>;
  /** @throws AppError while it is away. */
  readonly store: () => AccountStore;
  /** Whether others write to the same store. */
  readonly isShared: () => boolean;
  readonly erase: (user: string) => Promise<Readonly<Record<string, number>>>;
  /** What was let in may count no more: whoever it is, is to be looked at again. */
  readonly onRevoked: () => void;
  /** Keeps it out of the logs. */
  readonly hideSecret: (secret: string) => void;
}

export function createIdentityOpener(house: IdentityHouse): Opener<LoginSettings, OpenIdentities> {
  const { paths, hideSecret } = house;
  return {
    open: async (first) => {
      let settings = first;
      const signing = new SigningKeys(join(paths.stateDir, 'identity', 'signing-keys.json'), hideSecret);
      const book = new AccountBook(house);
      const accounts = new Accounts({ book, signing, settings: () => settings, erase: house.erase });
      void book.opened.then(() => tellWhatLacks(house.logger, accounts));
      return {
        accounts,
        reconfigure: (wanted) => {
          settings = wanted;
        },
        close: () => book.close(),
      };
    },
    close: () => Promise.resolve(),
  };
}

function tellWhatLacks(logger: Logger, accounts: Accounts): void {
  const { administrators, accounts: count } = accounts.view();
  if (count === 0) logger.warn('there is no account yet; make the first one here: orchestrator user add NAME');
  else if (administrators === 0)
    logger.warn('no account is an administrator’s; on this machine: orchestrator user add NAME --admin');
}

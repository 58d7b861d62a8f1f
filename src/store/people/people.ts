import type { Database } from '../connection.ts';
import { checkUser } from '../ids.ts';
import type { PeopleStore } from '../people-contract.ts';
import type { Serial } from '../serial.ts';
import { accountRepository } from './accounts.ts';
import { conversationRepository } from './conversations.ts';
import { eraseUser } from './erasure.ts';
import { feedbackRepository } from './feedback.ts';
import { keyRepository } from './keys.ts';
import { loginRepository } from './logins.ts';
import { memoryRepository } from './memories.ts';

export function peopleStore(database: Database, serial: Serial): PeopleStore {
  return {
    accounts: accountRepository(database),
    keys: keyRepository(database),
    logins: loginRepository(database),
    memories: memoryRepository(database, serial),
    conversations: conversationRepository(database, serial),
    feedback: feedbackRepository(database, serial),
    erase: (user) => serial.run(`${checkUser(user)}\n\nerase`, () => eraseUser(database, user)),
  };
}

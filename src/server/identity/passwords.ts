import { randomBytes } from 'node:crypto';

import { AppError } from '../../shared/errors.ts';
import { Limiter } from '../../shared/limiter.ts';

/** OWASP's parameters of argon2id: 19 MiB, two passes, one lane. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Each takes 19 MiB and a thread of the few that files are read with too. */
const AT_A_TIME = 2;
const MOST_WAITING = 32;
const SHORTEST = 10;
const LONGEST = 256;

/** Passwords, kept as argon2id. Loaded with the first one; so many at a time, and so many that wait. */
export class Passwords {
  readonly #limiter = new Limiter(AT_A_TIME);
  #under = 0;
  /** What a password is compared with where there is no such user: that takes the same time. */
  #nobodys: Promise<string> | undefined;

  /** In PHC form. @throws AppError `invalid_request` for one that is too short or too long, `rate_limited` for one too many at a time. */
  async hash(user: string, password: unknown): Promise<string> {
    const text = checked(user, password);
    return this.#run(async () => (await argon2()).hash(text, PARAMETERS));
  }

  /** Whether it is the one; `kept` undefined or null: there is none, which is found out as late. @throws AppError `rate_limited`. */
  verify(kept: string | null | undefined, password: string): Promise<boolean> {
    return this.#run(async () => {
      const { hash, verify } = await argon2();
      const nobodys = await (this.#nobodys ??= hash(randomBytes(16).toString('hex'), PARAMETERS));
      const isRight = await verify(kept ?? nobodys, password.slice(0, LONGEST * 4).normalize('NFKC'));
      return isRight && kept !== null && kept !== undefined;
    });
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#under >= AT_A_TIME + MOST_WAITING)
      throw new AppError('rate_limited', 'Too many people log in at this moment.', { retryAfterSeconds: 2 });
    this.#under += 1;
    try {
      return await this.#limiter.run(work);
    } finally {
      this.#under -= 1;
    }
  }
}

/** As it is compared: an accented letter is one, however a keyboard writes it. @throws AppError `invalid_request`. */
function checked(user: string, password: unknown): string {
  const text = typeof password === 'string' ? password.normalize('NFKC') : '';
  if (text.length < SHORTEST || text.length > LONGEST)
    throw new AppError('invalid_request', `\`password\` is a text of ${SHORTEST} to ${LONGEST} characters.`, {
      param: 'password',
    });
  if (text.toLowerCase() === user.toLowerCase())
    throw new AppError('invalid_request', '`password` must be another word than the name.', { param: 'password' });
  return text;
}

const argon2 = () => import('@node-rs/argon2');

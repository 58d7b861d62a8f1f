import type { ServerResponse } from 'node:http';

import type { Hono } from 'hono';

import type { ExpertBase } from '../engines/contract.ts';
import { AppError } from '../shared/errors.ts';
import type { Directory } from './directory.ts';
import type { Identity } from './identity/contract.ts';

/** What every route that is not inference is given beside the request. */
export interface ColdEnvironment {
  Bindings: {
    identity: Identity;
    requestId: string;
    /** Absent where no socket is involved. */
    outgoing?: ServerResponse;
  };
}

export type ColdApp = Hono<ColdEnvironment>;

/** The expert of this id, alias or variant. @throws AppError `model_not_found` with the ids that there are. */
export function expertNamed(directory: Directory, name: string): ExpertBase {
  const target = directory.find(name);
  if (target) return target.expert;
  directory.refuseForbidden(name, 'expert');
  throw new AppError(
    'model_not_found',
    `There is no expert "${name.slice(0, 100)}". Known: ${directory.experts.map((expert) => expert.id).join(', ')}.`,
  );
}

import { Command } from 'commander';

import { type Client, connect, type ConnectionOptions, withConnectionOptions } from '../client.ts';

export interface UserOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export function userDataCommand(name: string, description: string): Command {
  return withConnectionOptions(new Command(name).description(description)).option('--json', 'print JSON');
}

export const open = (options: UserOptions): Client => connect(options);
export const userPath = (name: string, below = '') => `/api/users/${encodeURIComponent(name)}${below}`;

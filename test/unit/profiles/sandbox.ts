import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

import type { LoadOptions } from '../../../src/profiles/load.ts';
import { loadProfile } from '../../../src/profiles/load.ts';
import type { Problem } from '../../../src/profiles/problems.ts';
import { ProfileError } from '../../../src/profiles/problems.ts';
import type { Profile } from '../../../src/profiles/profile.ts';

/** A folder of profiles that is gone after the test, and a home that is empty. */
export class Sandbox {
  readonly directory = mkdtempSync(join(tmpdir(), 'profiles-'));
  readonly environment: NodeJS.ProcessEnv = { HOME: join(this.directory, 'home') };

  constructor() {
    onTestFinished(() => rmSync(this.directory, { recursive: true, force: true }));
  }

  write(name: string, content: string | Buffer): string {
    const file = join(this.directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  load(file: string, options: Partial<LoadOptions> = {}): Promise<Profile> {
    return loadProfile(file, { environment: this.environment, directory: this.directory, ...options });
  }

  /** The problems of a profile that must be refused. */
  async refuse(content: string | Buffer, options: Partial<LoadOptions> = {}): Promise<readonly Problem[]> {
    return this.refuseFile(this.write('bad.yaml', content), options);
  }

  async refuseFile(file: string, options: Partial<LoadOptions> = {}): Promise<readonly Problem[]> {
    try {
      await this.load(file, options);
    } catch (error) {
      if (error instanceof ProfileError) return error.problems;
      throw error;
    }
    throw new Error('the profile was accepted');
  }
}

export const MINIMAL = 'experts:\n  a:\n    model: { path: a.gguf }\n';

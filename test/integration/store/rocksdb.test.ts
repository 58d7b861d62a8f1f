import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from 'vitest';

import { openStore } from '../../../src/store/open-store.ts';
import { storeSuite } from '../../store/suite.ts';

// Each file of tests has a process of its own, so that the directory is opened once.
const folder = mkdtempSync(join(tmpdir(), 'orchestrator-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

storeSuite('the store on a disk', async () =>
  openStore({ place: { kind: 'embedded', directory: join(folder, 'store') } }),
);

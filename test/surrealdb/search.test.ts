import { afterAll, beforeAll } from 'vitest';

import { openStore } from '../../src/store/open-store.ts';
import { searchSuite } from '../store/search-suite.ts';
import { type RunningServer, startSurrealServer } from '../support/surrealdb-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startSurrealServer();
});
afterAll(() => server.stop());

searchSuite('the search over a store on a server', async () => openStore({ place: server.place }));

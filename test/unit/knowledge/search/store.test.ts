import { openStore } from '../../../../src/store/open-store.ts';
import { searchSuite } from '../../../store/search-suite.ts';

searchSuite('the search over a store in memory', async () => openStore({ place: { kind: 'memory' } }));

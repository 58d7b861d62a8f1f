import { openStore } from '../../../src/store/open-store.ts';
import { storeSuite } from '../../store/suite.ts';

storeSuite('the store in memory', async () => openStore({ place: { kind: 'memory' } }));

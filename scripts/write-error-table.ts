/** Writes the table of errors into the README, between its markers; a test compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { packageRoot } from '../src/shared/package-root.ts';
import { withErrorTable } from './lib/error-table.ts';

const file = join(packageRoot(), 'README.md');
const before = readFileSync(file, 'utf8');
const after = withErrorTable(before);
if (after !== before) writeFileSync(file, after);
console.log(`${after === before ? 'nothing to change in' : 'wrote'} ${relative(process.cwd(), file)}`);

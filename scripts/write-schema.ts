/** Writes `profiles/profile.schema.json`, what editors know of a profile; a test compares it with the code. */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { profileJsonSchema } from '../src/profiles/json-schema.ts';
import { packageRoot } from '../src/shared/package-root.ts';

const file = join(packageRoot(), 'profiles', 'profile.schema.json');
writeFileSync(file, `${JSON.stringify(profileJsonSchema(), null, 2)}\n`);
console.log(`wrote ${relative(process.cwd(), file)}`);

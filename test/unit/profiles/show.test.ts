import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { resolveProfile } from '../../../src/profiles/load.ts';
import { describeProfile } from '../../../src/profiles/show.ts';
import { starterProfile } from '../../../src/profiles/starter.ts';
import { MINIMAL, Sandbox } from './sandbox.ts';

describe('profile show', () => {
  it('prints a profile that reads back as the same one', async () => {
    const sandbox = new Sandbox();
    const resolved = await resolveProfile('demo', {
      environment: {},
      set: ['timeouts.body=1500ms', 'limits.bodySize=1000B'],
    });
    const text = stringify(describeProfile(resolved), { aliasDuplicateObjects: false, lineWidth: 120 });
    const again = await sandbox.load(sandbox.write('again.yaml', text));
    const { file: _file, directory: _directory, places: _places, ...before } = resolved.profile;
    expect(again).toMatchObject(before);
    expect(text).toContain('body: 1500ms');
  });

  it('keeps secrets as references', async () => {
    const sandbox = new Sandbox();
    const file = sandbox.write(
      'p.yaml',
      `${MINIMAL}    description: "\${ABOUT} \${API_KEY}"
  b:
    engine: command
    description: "\${ABOUT}"
    command: { argv: [x], env: { HF_TOKEN: abcdef, A: "\${MY_SECRET}", B: plain } }
`,
    );
    const environment = { ...sandbox.environment, ABOUT: 'shown', API_KEY: 'canary-1', MY_SECRET: 'canary-2' };
    const text = stringify(describeProfile(await resolveProfile(file, { environment })));
    expect(text).not.toMatch(/canary-\d|abcdef/);
    expect(text).toContain('description: ${ABOUT} ${API_KEY}');
    expect(text).toContain('description: shown');
    expect(text).toContain('B: plain');
  });
});

describe('profile init', () => {
  it('writes a profile that is valid', async () => {
    const sandbox = new Sandbox();
    const profile = await sandbox.load(sandbox.write('mine.yaml', starterProfile('mine', './profile.schema.json')));
    expect(profile).toMatchObject({ name: 'mine', defaultExpert: 'assistant', budget: { maxLoadedExperts: 2 } });
  });

  it('stays valid where what is commented out is commented in', async () => {
    const sandbox = new Sandbox();
    const bare = starterProfile('mine', './profile.schema.json').replaceAll(
      /^( *)# (security:|auth:|keys:|embeddings:|elsewhere:|variants:|llama-server:|engine: remote|  .*|url:.*)/gm,
      '$1$2',
    );
    const profile = await sandbox.load(sandbox.write('mine.yaml', bare));
    expect(profile.experts.map(({ id }) => id)).toEqual(['assistant', 'embeddings', 'elsewhere']);
    expect(profile.security.keys).toHaveLength(1);
  });
});

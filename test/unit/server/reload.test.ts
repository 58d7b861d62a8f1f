import { describe, expect, it } from 'vitest';

import { ProfileError } from '../../../src/profiles/problems.ts';
import type { Profile } from '../../../src/profiles/profile.ts';
import { createReload, type ProfileChoice } from '../../../src/server/reload.ts';
import type { Settings } from '../../../src/server/settings.ts';
import { AppError, CliError, messageOf } from '../../../src/shared/errors.ts';

/** Files in memory: name → content, where the content is the name of the profile; `!…` is invalid. */
function houseOf(files: Record<string, string>, choice: ProfileChoice = { profile: 'one', set: [] }) {
  const profileOf = (text: string, { profile, set }: ProfileChoice) =>
    ({ name: text, file: `/${profile}`, experts: [], set }) as unknown as Profile;
  let inForce = { generation: 1, profile: profileOf(files[choice.profile] ?? '', choice) } as Settings;
  const house = {
    files,
    readings: 0,
    applied: [] as string[],
    reports: [] as string[],
    sources: [] as string[],
    /** Refuses what is applied, once. */
    refusal: undefined as Error | undefined,
    onReading: () => undefined as void,
  };
  const reload = createReload({
    choice,
    read: (from, onSource) => {
      house.readings += 1;
      house.onReading();
      onSource(`/${from.profile}`);
      const text = house.files[from.profile];
      if (text === undefined || text.startsWith('!')) {
        const problem = { file: `/${from.profile}`, line: 3, column: 1, path: '', message: text ?? 'no such profile' };
        return Promise.reject(new ProfileError([problem]));
      }
      return Promise.resolve(profileOf(text, from));
    },
    check: () => Promise.resolve(),
    inForce: () => inForce,
    apply: (profile) => {
      const { refusal } = house;
      house.refusal = undefined;
      if (refusal) throw refusal;
      inForce = { ...inForce, generation: inForce.generation + 1, profile };
      house.applied.push(profile.name);
      const { generation } = inForce;
      return {
        generation,
        profile: profile.name,
        file: '',
        kept: [],
        updated: [],
        replaced: [],
        added: [],
        removed: [],
      };
    },
    report: (ok, message) => void house.reports.push(`${ok ? 'ok' : 'no'} ${message}`),
    onSources: (sources) => {
      house.sources = [...sources];
      return Promise.resolve();
    },
  });
  return { house, reload };
}

const refusalOf = async (promise: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof AppError) return error;
  throw new Error('it was not refused', { cause: error });
};

describe('a reload', () => {
  it('of many who ask at once reads twice, and all get the last version', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    const first = reload();
    house.files['one'] = 'v2';
    const rest = Array.from({ length: 50 }, () => reload());
    house.files['one'] = 'v3';
    const views = await Promise.all([first, ...rest]);
    expect(new Set(views.slice(1).map(({ generation }) => generation))).toEqual(new Set([3]));
    expect(views.at(-1)?.profile).toBe('v3');
    expect(house.applied).toHaveLength(2);
  });

  it('takes a file when two readings agree, not in the middle of a write', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    const texts = ['v', 've', 'ver', 'version'];
    house.onReading = () => (house.files['one'] = texts.shift() ?? 'version');
    expect((await reload()).profile).toBe('version');
    expect(house.applied).toEqual(['version']);
  });

  it('that is refused names the places, and the profile in force stays', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    house.files['one'] = '!broken';
    const error = await refusalOf(reload());
    expect(error).toMatchObject({ code: 'profile_invalid', details: { problems: [{ file: '/one', line: 3 }] } });
    house.files['one'] = 'v2';
    house.refusal = new CliError('it would open the door', 1);
    expect(await refusalOf(reload())).toMatchObject({ code: 'profile_invalid', message: 'it would open the door' });
    expect(house.applied).toEqual([]);
    expect(house.reports).toEqual(['no /one:3:1: !broken', 'no it would open the door']);
  });
});

describe('a quiet reload', () => {
  it('says nothing where nothing has changed, a refusal once, and that all is well again', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    expect(await reload({ quiet: true })).toMatchObject({ generation: 1, profile: 'v1' });
    expect(house.reports).toEqual([]);
    house.files['one'] = '!broken';
    await refusalOf(reload({ quiet: true }));
    await refusalOf(reload({ quiet: true }));
    expect(house.reports).toEqual(['no /one:3:1: !broken']);
    await refusalOf(reload());
    expect(house.reports, 'who asks is answered').toHaveLength(2);
    house.files['one'] = 'v1';
    await reload({ quiet: true });
    expect(house.reports.slice(2)).toEqual([expect.stringMatching(/^ok v1/)]);
  });

  it('waits for a file that is gone for a moment', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    delete house.files['one'];
    let readings = 0;
    house.onReading = () => {
      readings += 1;
      if (readings === 10) house.files['one'] = 'v2';
    };
    expect((await reload({ quiet: true })).profile).toBe('v2');
    expect(house.reports).toEqual([expect.stringMatching(/^ok v2/)]);
  });

  it('is not what somebody gets who asked aloud', async () => {
    const { house, reload } = houseOf({ one: 'v1' });
    await Promise.all([reload({ quiet: true }), reload({ quiet: true }), reload(), reload({ quiet: true }), reload()]);
    expect(house.applied).toEqual(['v1']);
  });
});

describe('a choice of another profile', () => {
  it('is what later reloads read; settings laid upon the one before go with it, and are named', async () => {
    const { house, reload } = houseOf({ one: 'v1', two: 'w1' }, { profile: 'one', set: ['a=1', 'b=2'] });
    const view = await reload({ choice: { profile: 'two', set: ['b=2'] } });
    expect(view).toMatchObject({ profile: 'w1', notes: ['No longer in force: --set a=1, which was laid upon one.'] });
    house.files['two'] = 'w2';
    expect(await reload({ choice: undefined })).toMatchObject({ profile: 'w2', notes: [] });
    expect(house.sources).toEqual(['/two']);
  });

  it('that is invalid was never made: its files are not watched, the one before is read on', async () => {
    const { house, reload } = houseOf({ one: 'v1', two: '!broken' });
    await reload({ quiet: true });
    expect(messageOf(await refusalOf(reload({ choice: { profile: 'two', set: [] } })))).toContain('/two:3:1');
    expect(house.sources).toEqual(['/one']);
    house.files['one'] = 'v2';
    expect((await reload()).profile).toBe('v2');
    expect(house.reports).toHaveLength(2);
  });

  it('waits for its turn, and who asks after it gets it', async () => {
    const { house, reload } = houseOf({ one: 'v1', two: 'w1', three: 'x1' });
    const choose = (profile: string) => reload({ choice: { profile, set: [] } });
    const views = await Promise.all([reload(), reload(), choose('two'), reload(), choose('three'), reload(), reload()]);
    expect(views.map(({ profile }) => profile)).toEqual(['v1', 'v1', 'w1', 'w1', 'x1', 'x1', 'x1']);
    expect(house.applied).toEqual(['v1', 'v1', 'w1', 'w1', 'x1', 'x1']);
  });
});

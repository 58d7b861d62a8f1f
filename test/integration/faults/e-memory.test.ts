/** Faults, group E: an engine that the kernel kills for want of memory. */
import { afterAll, describe, expect, it } from 'vitest';

import { followEvents } from '../../support/event-log.ts';
import { fakeExpert } from '../../support/fake-expert.ts';
import { limitedMemory } from '../../support/memory-cgroup.ts';
import { startOrchestrator } from '../../support/orchestrator.ts';
import { kill } from '../../support/processes.ts';
import { profileOf } from '../../support/profile.ts';
import { itWhere } from '../../support/skip.ts';
import { timed, until } from '../../support/wait.ts';

const small = limitedMemory(60 * 2 ** 20);
afterAll(() => small?.remove());

const ENGINE_MIB = { footprint: { ram: '100MiB' } };
const BUDGET = { budget: { ram: { capacity: '350MiB' }, minResidency: '1ms' } };

describe('E3 out of memory', () => {
  itWhere(small !== undefined, 'needs a cgroup whose memory can be limited')(
    'E3 an engine that the kernel kills: told from one that is killed by hand; tried once more with more room, then no more',
    async () => {
      const hungry = fakeExpert({ 'load-ms': 600, 'load-mb': 300, 'progress-ms': 100 }, { settings: ENGINE_MIB });
      await using orchestrator = await startOrchestrator({
        profile: profileOf(
          { hungry: small?.wrap(hungry) ?? hungry, idle: fakeExpert({}, { settings: ENGINE_MIB }) },
          BUDGET,
        ),
      });
      const byHand = (await orchestrator.load('idle')).pid ?? 0;
      kill(byHand);
      await until('its end is seen', async () => (await orchestrator.expert('idle')).crashes === 1);
      expect((await orchestrator.expert('idle')).lastFailure).toMatchObject({ class: 'killed', signal: 'SIGKILL' });
      await orchestrator.load('idle');
      const events = await followEvents(orchestrator);

      const refused = await orchestrator.chat('x', { model: 'hungry' });
      expect(refused.status).toBe(503);
      const { error } = (await refused.json()) as { error: { code: string; message: string } };
      expect(error.code).toBe('engine_start_failed');
      expect(error.message).toContain('hungry ran out of memory');
      const view = await orchestrator.expert('hungry');
      expect(view).toMatchObject({ state: 'failed', starts: 2, lastFailure: { class: 'host_oom', signal: 'SIGKILL' } });
      expect(orchestrator.ledger('hungry').filter(({ event }) => event === 'start')).toHaveLength(2);
      expect(events.moves('backoff', 'hungry')).toEqual([
        expect.objectContaining({ reason: expect.stringContaining('tried once more, with the room of idle experts') }),
      ]);
      expect(events.plans('evict'), 'the idle one made room for the second try').toEqual([
        expect.objectContaining({ expert: 'hungry', victim: 'idle' }),
      ]);
      await events.stop();
      const { value, ms } = await timed(() => orchestrator.chat('x', { model: 'hungry' }));
      expect(value.status, 'and never again by itself').toBe(503);
      expect(ms).toBeLessThan(1_000);
      expect((await orchestrator.chat('x', { model: 'idle' })).status).toBe(200);
    },
  );

  it('E3 an engine that says so itself starts at the second try, in the room that an idle one gave up', async () => {
    const once = fakeExpert(
      {
        crash: 'load',
        'crash-times': 1,
        'load-ms': 200,
        stderr: "terminate called after throwing an instance of 'std::bad_alloc'",
      },
      { settings: ENGINE_MIB },
    );
    await using orchestrator = await startOrchestrator({
      profile: profileOf({ a: once, idle: fakeExpert({}, { settings: ENGINE_MIB }) }, BUDGET),
    });
    await orchestrator.load('idle');
    const { value, ms } = await timed(() => orchestrator.chat('x', { model: 'a' }));
    expect(value.status, 'the client waited for both').toBe(200);
    expect(ms).toBeLessThan(5_000);
    expect(await orchestrator.expert('a')).toMatchObject({ starts: 2, crashes: 1, lastFailure: { class: 'host_oom' } });
    expect((await orchestrator.expert('idle')).state).toBe('stopped');
    expect((await orchestrator.chat('x', { model: 'idle' })).status).toBe(200);
    expect((await orchestrator.expert('a')).state, 'both fit once it runs').toBe('ready');
  });
});

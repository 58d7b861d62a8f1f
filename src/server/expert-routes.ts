import type { Context } from 'hono';

import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { type ColdApp, type ColdEnvironment, expertNamed } from './cold-context.ts';
import { expertView } from './expert-views.ts';
import { reachOf } from './identity/reach.ts';
import type { Settings } from './settings.ts';

export interface ExpertRoutesOptions {
  readonly fleet: Fleet;
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly buildOf: (expert: string) => string | undefined;
}

/** Experts one by one: what they are and do, and loading, unloading and pinning them by hand. */
export function addExpertRoutes(app: ColdApp, options: ExpertRoutesOptions): void {
  const { fleet, settings, clock, buildOf } = options;
  const directoryOf = (context: Asked) => reachOf(settings(), context.env.identity).directory;
  const known = (context: Asked) => expertNamed(directoryOf(context), context.req.param('id'));
  const around = () => ({ fleet, world: fleet.budget().world, clock, buildOf });
  const view = (context: Asked) => expertView(known(context), around());
  /** One that runs here. `what`: there is nothing to do it to where it does not. */
  const local = (context: Asked, what: string) => {
    const { id } = known(context);
    if (!fleet.remote(id)) return id;
    throw new AppError('conflict', `${id} runs on an endpoint that someone else runs; there is nothing to ${what}.`);
  };

  app.get('/api/experts', (context) => {
    const surroundings = around();
    return context.json({ experts: directoryOf(context).experts.map((expert) => expertView(expert, surroundings)) });
  });
  app.get('/api/experts/:id', (context) => context.json(view(context)));
  app.post('/api/experts/:id/load', async (context) => {
    const { id } = known(context);
    await fleet.load(id);
    return context.json(view(context));
  });
  app.post('/api/experts/:id/unload', async (context) => {
    const id = local(context, 'unload');
    await fleet.unload(id, 'asked for by name', isForced(context));
    return context.json(view(context));
  });
  app.post('/api/unload', async (context) => {
    const { experts } = reachOf(settings(), context.env.identity).directory;
    const loaded = [...fleet.processes].filter(
      ({ state, id }) => state !== 'stopped' && state !== 'failed' && experts.some((expert) => expert.id === id),
    );
    await Promise.all(loaded.map(({ id }) => fleet.unload(id, 'all were asked to go', isForced(context))));
    const surroundings = around();
    return context.json({ experts: loaded.map(({ expert }) => expertView(expert, surroundings)) });
  });
  for (const action of ['pin', 'unpin'] as const) {
    app.post(`/api/experts/:id/${action}`, (context) => {
      const id = local(context, action);
      fleet.pin(id, action === 'pin');
      return context.json(view(context));
    });
  }
}

type Asked = Context<ColdEnvironment, '/api/experts/:id'>;

function isForced(context: Context<ColdEnvironment>): boolean {
  return context.req.query('force') === '1' || context.req.query('force') === 'true';
}

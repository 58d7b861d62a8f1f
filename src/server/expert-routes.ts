import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { type ColdApp, expertNamed } from './cold-context.ts';
import { expertView } from './expert-views.ts';
import type { Settings } from './settings.ts';

export interface ExpertRoutesOptions {
  readonly fleet: Fleet;
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly buildOf: (expert: string) => string | undefined;
}

/** Experts one by one: what they are and do, and loading and unloading them by hand. */
export function addExpertRoutes(app: ColdApp, { fleet, settings, clock, buildOf }: ExpertRoutesOptions): void {
  const known = (name: string) => expertNamed(settings().directory, name);
  const view = (id: string) => expertView(fleet, known(id), clock, buildOf);

  app.get('/api/experts', (context) =>
    context.json({ experts: settings().directory.experts.map((expert) => view(expert.id)) }),
  );
  app.get('/api/experts/:id', (context) => context.json(view(context.req.param('id'))));
  app.post('/api/experts/:id/load', async (context) => {
    const { id } = known(context.req.param('id'));
    await fleet.load(id);
    return context.json(view(id));
  });
  app.post('/api/experts/:id/unload', async (context) => {
    const { id } = known(context.req.param('id'));
    if (fleet.remote(id))
      throw new AppError('conflict', `${id} runs on an endpoint that someone else runs; there is nothing to unload.`);
    const force = context.req.query('force') === '1' || context.req.query('force') === 'true';
    await fleet.unload(id, 'asked for by name', force);
    return context.json(view(id));
  });
}

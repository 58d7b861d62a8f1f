import type { Clock } from '../shared/clock.ts';
import { AppError } from '../shared/errors.ts';
import { parseDuration } from '../shared/units.ts';
import type { Fleet } from '../supervisor/fleet.ts';
import { budgetView, planView, remotePlanView } from './budget-views.ts';
import { type ColdApp, expertNamed } from './cold-context.ts';
import { readObject } from './read-object.ts';
import { reachOf } from './identity/reach.ts';
import type { Settings } from './settings.ts';

export interface BudgetRoutesOptions {
  readonly fleet: Fleet;
  readonly settings: () => Settings;
  readonly clock: Clock;
}

/** Memory: who holds it, what a request would do to it, and giving the GPUs back for a while. */
export function addBudgetRoutes(app: ColdApp, { fleet, settings, clock }: BudgetRoutesOptions): void {
  const view = () => budgetView(fleet.budget(), clock.wallTime());

  app.get('/api/budget', (context) => context.json(view()));
  app.post('/api/plan', async (context) => {
    const { expert } = await readObject(context.req.raw, ['expert']);
    if (typeof expert !== 'string')
      throw new AppError('invalid_request', '`expert` must be the name of an expert.', { param: 'expert' });
    const { id } = expertNamed(reachOf(settings(), context.env.identity).directory, expert);
    const remote = fleet.remote(id);
    if (remote) return context.json(remotePlanView(id, remote.refusal()?.message));
    const obstacle = await fleet.obstacle(id);
    return context.json(planView(fleet.plan(id), fleet.budget().holders, obstacle));
  });
  app.post('/api/pause', async (context) => {
    const { for: duration } = await readObject(context.req.raw, ['for']);
    fleet.pause(pauseOf(duration));
    return context.json(view());
  });
  app.post('/api/resume', (context) => {
    fleet.resume();
    return context.json(view());
  });
}

/** Milliseconds; undefined: until somebody resumes. */
function pauseOf(duration: unknown): number | undefined {
  if (duration === undefined || duration === null) return undefined;
  const milliseconds = typeof duration === 'string' ? parseDuration(duration) : undefined;
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw new AppError('invalid_request', '`for` must be a duration with its unit, like "2h" or "45m".', {
    param: 'for',
  });
}

/**
 * Serving with the rights of a role: viewers get numbers, operators also get runs and the reasons of dead letters.
 *
 * The routes of the API use it, and so do pages that the server renders: a page never contains what the API refuses to
 * the same viewer.
 */
import type { Serving } from '../app/app.ts';
import type { Role } from '../access/caller.ts';
import { Forbidden } from '../faults.ts';

export type Reports = Pick<Serving, 'runs' | 'run' | 'trust'>;

export function reportsFor(role: Role, serving: Serving): Reports {
  if (role === 'operator') return serving;
  const refused = async (): Promise<never> => {
    throw new Forbidden('You are a viewer; only operators may see runs and dead letters');
  };
  return {
    runs: refused,
    run: refused,
    trust: async (asker) => ({ ...(await serving.trust(asker)), dead_letters: [], hidden: ['dead_letters'] }),
  };
}

/**
 * Serving as somebody with a role sees it: numbers for everybody, runs and the reasons of dead letters for operators.
 *
 * The routes of the API ask through it, and so do pages that the server paints: what a viewer is refused over HTTP does
 * not come with a page either.
 */
import type { Serving } from '../app/app.ts';
import type { Role } from '../access/caller.ts';
import { NotAllowed } from '../faults.ts';

export type Reports = Pick<Serving, 'runs' | 'run' | 'trust'>;

export function seenBy(role: Role, serving: Serving): Reports {
  if (role === 'operator') return serving;
  const refused = async (): Promise<never> => {
    throw new NotAllowed('Runs and dead letters are for operators, and you are a viewer');
  };
  return {
    runs: refused,
    run: refused,
    trust: async (asker) => ({ ...(await serving.trust(asker)), dead_letters: [], hidden: ['dead_letters'] }),
  };
}

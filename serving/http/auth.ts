/** GET /api/auth/login, /api/auth/callback, /api/auth/logout: signing in and out, where AUTH=oidc. */
import type { Access } from '../access/current.ts';
import { currentAccess } from '../access/current.ts';
import type { Serving } from '../app.ts';
import { NothingThere } from '../faults.ts';
import { currentServing } from '../process.ts';
import { givenBy } from './parameters.ts';
import { framed, OPEN } from './respond.ts';

export function getAuth(
  request: Request,
  { step }: { step: string },
  serving: Serving = currentServing(),
  { signIn }: Pick<Access, 'signIn'> = currentAccess(),
): Promise<Response> {
  return framed(
    '/api/auth/<step>',
    request,
    serving,
    async (fixed) => {
      if (!signIn) throw new NothingThere('Nobody signs in here: AUTH is not oidc');
      const next =
        step === 'login'
          ? await signIn.login(givenBy(request)('to') ?? '/')
          : step === 'callback'
            ? await signIn.callback(request)
            : step === 'logout'
              ? signIn.logout()
              : null;
      if (!next) throw new NothingThere('There is login, callback and logout');
      const headers = new Headers({ ...fixed, location: next.location });
      for (const cookie of next.cookies) headers.append('set-cookie', cookie);
      return new Response(null, { status: 303, headers });
    },
    OPEN,
  );
}

/** GET /api/auth/login, /api/auth/callback, /api/auth/logout: signing in and out, where AUTH=oidc. */
import type { Access } from '../access/current.ts';
import { currentAccess } from '../access/current.ts';
import type { Serving } from '../app.ts';
import { clientOf } from '../access/peer.ts';
import { isFault, NothingThere } from '../faults.ts';
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
            ? await signIn.callback(request).catch((fault: unknown) => {
                if (isFault('NotAdmitted', fault)) serving.audit.record({ event: 'sign_in_failed', who: null, from: clientOf(request) });
                throw fault;
              })
            : step === 'logout'
              ? signIn.logout()
              : null;
      if (!next) throw new NothingThere('There is login, callback and logout');
      await auditStep(step, request, next.cookies, serving);
      const headers = new Headers({ ...fixed, location: next.location });
      for (const cookie of next.cookies) headers.append('set-cookie', cookie);
      return new Response(null, { status: 303, headers });
    },
    OPEN,
  );
}

/** Who came or went: by the session that was just made, or the one that ends. */
async function auditStep(step: string, request: Request, cookies: readonly string[], { audit, gate }: Serving): Promise<void> {
  if (step !== 'callback' && step !== 'logout') return;
  const asking = step === 'callback' ? { headers: new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') }) } : request;
  const caller = await gate.identify(asking).catch(() => null);
  if (caller) audit.record({ event: step === 'callback' ? 'sign_in' : 'sign_out', who: caller.name, role: caller.role, from: clientOf(request) });
}

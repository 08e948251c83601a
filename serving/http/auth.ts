/**
 * GET /api/auth/login, /api/auth/callback, /api/auth/logout, /api/auth/signed-out: signing in and out, where AUTH=oidc.
 */
import type { Access } from '../access/current.ts';
import { currentAccess } from '../access/current.ts';
import type { SignIn, Step } from '../access/oidc.ts';
import type { Serving } from '../app/app.ts';
import { clientOf } from '../access/peer.ts';
import { isFault, NothingThere } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { givenBy } from './parameters.ts';
import { framed, OPEN } from './respond.ts';

const STEPS: Readonly<Record<string, (signIn: SignIn, request: Request) => Promise<Step>>> = {
  login: (signIn, request) => signIn.login(givenBy(request)('to') ?? '/', request),
  callback: (signIn, request) => signIn.callback(request),
  logout: (signIn, request) => signIn.logout(request),
};
/** Where the issuer sends a browser back to; not to a page, which would sign in again at once. */
const SIGNED_OUT = 'signed-out';

export async function getAuth(
  request: Request,
  { step }: { step: string },
  serving: Serving = currentServing(),
  { signIn }: Pick<Access, 'signIn'> = currentAccess(),
): Promise<Response> {
  const response = await answer(request, step, serving, signIn);
  // Nobody presses a key at a wall screen: while the issuer is away its browser tries again.
  if (response.status === 503)
    response.headers.set('refresh', step === 'login' ? RETRY_SECONDS : `${RETRY_SECONDS}; url=/`);
  return response;
}

const RETRY_SECONDS = '10';

function answer(request: Request, step: string, serving: Serving, signIn: SignIn | null): Promise<Response> {
  return framed(
    '/api/auth/<step>',
    request,
    serving,
    async (fixed) => {
      if (!signIn) throw new NothingThere('Nobody signs in here: AUTH is not oidc');
      if (step === SIGNED_OUT)
        return new Response('You are signed out. The page / signs in again.\n', {
          headers: { ...fixed, 'content-type': 'text/plain; charset=utf-8' },
        });
      const take = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
      if (!take)
        throw new NothingThere(`There is no ${step} here; there is ${[...Object.keys(STEPS), SIGNED_OUT].join(', ')}`);
      const next = await take(signIn, request).catch((fault: unknown) => {
        if (step === 'callback' && isFault('NotAdmitted', fault))
          serving.audit.record({ event: 'sign_in_failed', who: null, from: clientOf(request) });
        throw fault;
      });
      await auditStep(step, request, next.cookies, serving);
      const headers = new Headers({ ...fixed, location: next.location });
      for (const cookie of next.cookies) headers.append('set-cookie', cookie);
      return new Response(null, { status: 303, headers });
    },
    OPEN,
  );
}

/** Who came or went: by the session that was just made, or the one that ends. */
async function auditStep(
  step: string,
  request: Request,
  cookies: readonly string[],
  { audit, gate }: Serving,
): Promise<void> {
  if (step !== 'callback' && step !== 'logout') return;
  const asking =
    step === 'callback'
      ? { headers: new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') }) }
      : request;
  const caller = await gate.identify(asking).catch(() => null);
  if (caller)
    audit.record({
      event: step === 'callback' ? 'sign_in' : 'sign_out',
      who: caller.name,
      role: caller.role,
      from: clientOf(request),
    });
}

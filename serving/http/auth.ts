/**
 * GET /api/auth/login, /api/auth/callback, /api/auth/logout, /api/auth/signed-out: sign-in and sign-out, for AUTH=oidc.
 */
import type { Access } from '../access/current.ts';
import { currentAccess } from '../access/current.ts';
import type { SignIn, Step } from '../access/oidc.ts';
import type { Serving } from '../app/app.ts';
import { clientOf } from '../access/peer.ts';
import { isFault, NotFound } from '../faults.ts';
import { currentServing } from '../app/process.ts';
import { queryReader } from './parameters.ts';
import { respondWith } from './respond.ts';

const STEPS: Readonly<Record<string, (signIn: SignIn, request: Request) => Promise<Step>>> = {
  login: (signIn, request) => signIn.login(queryReader(request)('to') ?? '/', request),
  callback: (signIn, request) => signIn.callback(request),
  logout: (signIn, request) => signIn.logout(request),
};
/** The issuer sends the browser back here after sign-out; a page would sign in again at once. */
const SIGNED_OUT = 'signed-out';

export async function getAuth(
  request: Request,
  { step }: { step: string },
  serving: Serving = currentServing(),
  { signIn }: Pick<Access, 'signIn'> = currentAccess(),
): Promise<Response> {
  const response = await answer(request, step, serving, signIn);
  // A wall screen has no user: its browser tries again while the issuer does not answer.
  if (response.status === 503)
    response.headers.set('refresh', step === 'login' ? RETRY_SECONDS : `${RETRY_SECONDS}; url=/`);
  return response;
}

const RETRY_SECONDS = '10';

function answer(request: Request, step: string, serving: Serving, signIn: SignIn | null): Promise<Response> {
  return respondWith({ route: '/api/auth/<step>', audience: 'anybody' }, request, serving, async (fixed) => {
    if (!signIn) throw new NotFound('This app has no sign-in pages: AUTH is not oidc');
    if (step === SIGNED_OUT)
      return new Response('You are signed out. The page / signs in again.\n', {
        headers: { ...fixed, 'content-type': 'text/plain; charset=utf-8' },
      });
    const take = Object.hasOwn(STEPS, step) ? STEPS[step] : undefined;
    if (!take)
      throw new NotFound(
        `/api/auth/${step} does not exist; the steps are ${[...Object.keys(STEPS), SIGNED_OUT].join(', ')}`,
      );
    const next = await take(signIn, request).catch((fault: unknown) => {
      if (step === 'callback' && isFault('Unauthenticated', fault))
        serving.audit.record({ event: 'sign_in_failed', who: null, from: clientOf(request) });
      throw fault;
    });
    await auditStep(step, request, next.cookies, serving);
    const headers = new Headers({ ...fixed, location: next.location });
    for (const cookie of next.cookies) headers.append('set-cookie', cookie);
    return new Response(null, { status: 303, headers });
  });
}

/** Records who signs in or out, from the session that starts or ends. */
async function auditStep(
  step: string,
  request: Request,
  cookies: readonly string[],
  { audit, gate }: Serving,
): Promise<void> {
  if (step !== 'callback' && step !== 'logout') return;
  const sessionRequest =
    step === 'callback'
      ? { headers: new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') }) }
      : request;
  const caller = await gate.identify(sessionRequest).catch(() => null);
  if (caller)
    audit.record({
      event: step === 'callback' ? 'sign_in' : 'sign_out',
      who: caller.name,
      role: caller.role,
      from: clientOf(request),
    });
}

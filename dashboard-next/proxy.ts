/**
 * The headers of pages, and the gate before them.
 *
 * The policy allows scripts and inline styles with the nonce of this request alone, nothing from other hosts, and no
 * frames. Next.js reads the nonce from the request's own header and adds it to what it writes. The HTML therefore has
 * no style attributes: widths are SVG attributes or classes. The theme is decided here too, because a layout does not
 * see the address. The gate refuses people who may not look; page-props.ts asks it again for the role. Routes of the
 * API do not pass here: they have their own headers and ask the gate themselves.
 */
import { randomBytes } from 'node:crypto';
import type { NextRequest } from 'next/server';
import { NextResponse } from 'next/server';
import { currentAccess } from '../serving/access/current.ts';
import { auditRefusal, refusedCaller } from '../serving/access/refusals.ts';
import { isFault } from '../serving/faults.ts';
import { problemOf } from '../serving/problem.ts';
import { THEME_COOKIE, THEME_HEADER } from './model/theme.ts';

export async function proxy(request: NextRequest): Promise<Response> {
  const access = currentAccess();
  try {
    await access.gate.admit(request);
  } catch (fault) {
    const answer = refusalPage(fault, request, access.mode);
    auditRefusal(access.audit, request, { status: answer.status, route: 'page', who: refusedCaller(fault) });
    return answer;
  }
  const policy = policyWith(randomBytes(16).toString('base64'));
  const headers = new Headers(request.headers);
  headers.set('Content-Security-Policy', policy);
  headers.set(THEME_HEADER, themeOf(request));
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  response.headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  response.headers.set('Permissions-Policy', 'camera=(), microphone=(), geolocation=()');
  response.headers.set('Referrer-Policy', 'same-origin');
  response.headers.set('X-Content-Type-Options', 'nosniff');
  response.headers.set('X-Frame-Options', 'DENY');
  return response;
}

/** What a person gets instead of a page: the way to the issuer, or the reason in plain words. */
function refusalPage(fault: unknown, request: NextRequest, mode: string): Response {
  const { pathname, search } = request.nextUrl;
  if (mode === 'oidc' && isFault('Unauthenticated', fault)) {
    // Next.js fails with a 500 on a relative location, and sends this absolute one as a relative one.
    const location = new URL(`/api/auth/login?to=${encodeURIComponent(pathname + search)}`, request.nextUrl).href;
    return new Response(null, { status: 303, headers: { ...PLAIN, location } });
  }
  const { status, detail } = problemOf(fault);
  const headers = isFault('Unauthenticated', fault)
    ? fault.headers
    : isFault('TooManyRequests', fault)
      ? { 'retry-after': String(fault.retryAfterSeconds) }
      : {};
  return new Response(`${detail}\n`, { status, headers: { ...PLAIN, ...headers } });
}

const PLAIN = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
};

/** The address before the cookie; `system` if neither names one. */
function themeOf({ nextUrl, cookies }: NextRequest): string {
  const wanted = nextUrl.searchParams.get('theme') ?? cookies.get(THEME_COOKIE)?.value;
  return wanted === 'light' || wanted === 'dark' ? wanted : 'system';
}

function policyWith(nonce: string): string {
  const development = process.env.NODE_ENV === 'development';
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    // The style sheet holds the Latin letters of the typeface.
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export const config = {
  matcher: ['/((?!api/|_next/|healthz|readyz|metrics|icon).*)'],
};

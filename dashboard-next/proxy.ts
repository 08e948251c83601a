/**
 * The headers of pages: scripts and inline styles only with this request's nonce, nothing from elsewhere, in no frame.
 *
 * Next.js reads the nonce from the request's own header and puts it on what it writes. Server HTML therefore carries no style
 * attributes: widths are SVG attributes or classes. The theme is decided here too, because a layout does not see the address.
 * Answers of the API are no pages and pass by: they have headers of their own.
 */
import { randomBytes } from 'node:crypto';
import type { NextRequest } from 'next/server';
import { NextResponse } from 'next/server';
import { THEME_COOKIE, THEME_HEADER } from './live/theme.ts';

export function proxy(request: NextRequest): NextResponse {
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
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export const config = {
  matcher: ['/((?!api/|_next/|healthz|readyz|metrics|icon).*)'],
};

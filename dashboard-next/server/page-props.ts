/**
 * What the server hands to every page: which page it is, its first paint, the theme, and who is signed in. Each page's
 * own file is three lines around it.
 */
import { headers } from 'next/headers';
import { currentAccess } from '../../serving/access/current.ts';
import { readAddress } from '../model/address.ts';
import { asThemeChoice, THEME_HEADER } from '../model/theme.ts';
import { currentServing } from '../../serving/app/process.ts';
import type { Caller } from '../../serving/access/caller.ts';
import { firstPaint } from './first-paint.ts';
import type { Route } from '../model/address.ts';
import type { PageProps } from '../model/page.ts';

export type Search = Promise<Record<string, string | string[] | undefined>>;

export async function pageProps(route: Route, searchParams: Search): Promise<PageProps> {
  const given = await searchParams;
  const first = (name: string): string | null => {
    const value = given[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  const { choices } = readAddress({ get: first }, route);
  const requestHeaders = await headers();
  const theme = asThemeChoice(requestHeaders.get(THEME_HEADER));
  // The gate is asked here too: no header can make up the answer, and a request that goes around proxy.ts gets nothing.
  const { gate, signIn } = currentAccess();
  const caller = await gate.identify({ headers: new Headers(requestHeaders) });
  const [painted, footageIsThere] = await Promise.all([
    firstPaint(choices, caller),
    currentServing().footage.isThere(),
  ]);
  const footage = footageIsThere && maySeeFootage(caller);
  return { route, first: painted, theme, signedInAs: signIn ? caller.name : null, footage, footageIsThere };
}

function maySeeFootage({ rights = [] }: Caller): boolean {
  return rights.includes('footage');
}

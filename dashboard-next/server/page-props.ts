/**
 * What the server hands to every page: which page it is, its first paint, the theme, and who is signed in. Each page's
 * own file is three lines around it.
 */
import { headers } from 'next/headers';
import { currentAccess } from '../../serving/access/current.ts';
import { readAddress } from '../model/address.ts';
import { asThemeChoice, THEME_HEADER } from '../model/theme.ts';
import { firstPaint } from './first-paint.ts';
import type { Where } from '../model/address.ts';
import type { PageProps } from '../model/page.ts';

export type Search = Promise<Record<string, string | string[] | undefined>>;

export async function pageProps(where: Where, searchParams: Search): Promise<PageProps> {
  const given = await searchParams;
  const first = (name: string): string | null => {
    const value = given[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  const { shown } = readAddress({ get: first }, where);
  const told = await headers();
  const theme = asThemeChoice(told.get(THEME_HEADER));
  // Asked where the page is made: no header can say it, and a page that was reached around proxy.ts shows nothing.
  const { gate, signIn } = currentAccess();
  const caller = await gate.identify({ headers: new Headers(told) });
  return { where, first: await firstPaint(shown, caller), theme, signedInAs: signIn ? caller.name : null };
}

/** What every page is handed: which page it is, its first paint, and the theme. Each page's own file is three lines around it. */
import { headers } from 'next/headers';
import { readAddress } from '../live/address.ts';
import { asThemeChoice, THEME_HEADER } from '../live/theme.ts';
import type { Where } from '../live/where.ts';
import type { PageProps } from '../components/usePage.ts';
import { firstPaint } from './first-paint.ts';

export type Search = Promise<Record<string, string | string[] | undefined>>;

export async function pageProps(where: Where, searchParams: Search): Promise<PageProps> {
  const given = await searchParams;
  const first = (name: string): string | null => {
    const value = given[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  const { shown } = readAddress({ get: first }, where);
  const theme = asThemeChoice((await headers()).get(THEME_HEADER));
  return { where, first: await firstPaint(shown), theme };
}

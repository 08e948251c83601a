/** The Live page: reads the address, asks serving once, and hands both to the part that stays alive in the browser. */
import { headers } from 'next/headers';
import { Live } from '../components/Live.tsx';
import { readAddress } from '../live/address.ts';
import { asThemeChoice, THEME_HEADER } from '../live/theme.ts';
import { firstPaint } from '../server/first-paint.ts';

export const dynamic = 'force-dynamic';

type Search = Promise<Record<string, string | string[] | undefined>>;

export default async function Page({ searchParams }: { searchParams: Search }) {
  const given = await searchParams;
  const first = (name: string): string | null => {
    const value = given[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  };
  const { shown } = readAddress({ get: first });
  const theme = asThemeChoice((await headers()).get(THEME_HEADER));
  return <Live first={await firstPaint(shown)} theme={theme} />;
}

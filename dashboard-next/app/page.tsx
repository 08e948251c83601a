/** The Live page: how much, of what, where, now. */
import { Live } from '../components/Live.tsx';
import type { Search } from '../server/page-props.ts';
import { pageProps } from '../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <Live {...await pageProps({ page: 'live' }, searchParams)} />;
}

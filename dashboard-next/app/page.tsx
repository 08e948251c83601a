/** The Live page: how many detections, of which items, where, now. */
import { LivePage } from '../live/LivePage.tsx';
import type { Search } from '../server/page-props.ts';
import { pageProps } from '../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <LivePage {...await pageProps({ page: 'live' }, searchParams)} />;
}

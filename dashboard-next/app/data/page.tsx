/** The Data page: what the lake has, and how to get it. */
import { DataPage } from '../../data/DataPage.tsx';
import type { Search } from '../../server/page-props.ts';
import { pageProps } from '../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <DataPage {...await pageProps({ page: 'data' }, searchParams)} />;
}

/** The Trust page: can I trust the numbers, and what did each night prove? */
import { TrustPage } from '../../trust/TrustPage.tsx';
import type { Search } from '../../server/page-props.ts';
import { pageProps } from '../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <TrustPage {...await pageProps({ page: 'trust' }, searchParams)} />;
}

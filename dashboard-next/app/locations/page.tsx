/** The page of all places. */
import { PlacesPage } from '../../places/PlacesPage.tsx';
import type { Search } from '../../server/page-props.ts';
import { pageProps } from '../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <PlacesPage {...await pageProps({ page: 'places' }, searchParams)} />;
}

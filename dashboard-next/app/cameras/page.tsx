/** The page of all cameras. */
import { CamerasPage } from '../../cameras/CamerasPage.tsx';
import type { Search } from '../../server/page-props.ts';
import { pageProps } from '../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({ searchParams }: { searchParams: Search }) {
  return <CamerasPage {...await pageProps({ page: 'cameras' }, searchParams)} />;
}

/** The page of one place. Every oid has one, also if dataset B does not have the place. */
import { notFound } from 'next/navigation';
import { PlacePage } from '../../../places/PlacePage.tsx';
import { isOid } from '../../../model/address.ts';
import type { Search } from '../../../server/page-props.ts';
import { pageProps } from '../../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ location_oid: string }>;
  searchParams: Search;
}) {
  const { location_oid: location } = await params;
  if (!isOid(location)) notFound();
  return <PlacePage {...await pageProps({ page: 'place', location }, searchParams)} />;
}

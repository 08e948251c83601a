/** The page of one detection. A missing one may still arrive, so its page asks again. */
import { notFound } from 'next/navigation';
import { DetectionPage } from '../../../places/DetectionPage.tsx';
import { isOid } from '../../../model/address.ts';
import type { Search } from '../../../server/page-props.ts';
import { pageProps } from '../../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ detection_oid: string }>;
  searchParams: Search;
}) {
  const { detection_oid: id } = await params;
  if (!isOid(id)) notFound();
  return <DetectionPage {...await pageProps({ page: 'detection', id }, searchParams)} />;
}

/** The page of one night: the report of its run, speed against batch. */
import { notFound } from 'next/navigation';
import { RunPage } from '../../../trust/RunPage.tsx';
import { isEpochName } from '../../../model/report.ts';
import type { Search } from '../../../server/page-props.ts';
import { pageProps } from '../../../server/page-props.ts';

export const dynamic = 'force-dynamic';

export default async function Page({
  params,
  searchParams,
}: {
  params: Promise<{ epoch: string }>;
  searchParams: Search;
}) {
  const { epoch } = await params;
  if (!isEpochName(epoch)) notFound();
  return <RunPage {...await pageProps({ page: 'run', epoch }, searchParams)} />;
}

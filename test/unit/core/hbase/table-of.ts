// Tables made up for tests: regions between split keys, on servers of our choice.
import { makeRegion, TableRegions } from '../../../../core/hbase/regions.ts';
import type { Region } from '../../../../core/hbase/regions.ts';

export function region(start: string | Buffer, end: string | Buffer, server = 'one:1', id = 1): Region {
  const info = {
    region_id: String(id),
    table_name: { namespace: Buffer.from('n'), qualifier: Buffer.from('t') },
    start_key: Buffer.from(start),
    end_key: Buffer.from(end),
  };
  return makeRegion(Buffer.from(`n:t,${Buffer.from(start).toString('hex')},${id}.`), info, server);
}

/** Regions from the empty key to the end, cut at the keys; `serverOf` names the server of each. */
export function tableOf(
  splits: readonly Buffer[],
  serverOf: (i: number) => string = () => 'one:1',
  version = 1,
): TableRegions {
  const keys = [...splits].filter((split) => split.length > 0).sort((a, b) => Buffer.compare(a, b));
  const edges = [Buffer.alloc(0), ...keys, Buffer.alloc(0)];
  return new TableRegions(
    'n:t',
    version,
    edges.slice(1).map((end, i) => region(edges[i]!, end, serverOf(i), version)),
  );
}

/** Questions to the real master of HBase that our client has no verb for, in its own messages. */
import { Master } from '../../core/hbase/master.ts';
import { Meta } from '../../core/hbase/meta.ts';
import { Servers } from '../../core/hbase/servers.ts';
import { zookeeperDirectory } from '../../core/hbase/zookeeper.ts';

/** Our client asks again after what may pass, for two minutes at least; `onRetry` hears why, and `close` ends it. */
export function masterOf(
  zookeeper: string,
  znode: string,
  onRetry: (reason: string) => void = () => undefined,
): { master: Master; close(): Promise<void> } {
  const stop = new AbortController();
  const [callTimeoutMs, operationTimeoutMs] = [20_000, 60_000];
  const directory = zookeeperDirectory({
    quorum: zookeeper,
    znode,
    access: {},
    timeoutMs: callTimeoutMs,
    signal: stop.signal,
  });
  const servers = new Servers({ user: 'sightline' }, callTimeoutMs, () => undefined);
  const meta = new Meta(directory, servers, callTimeoutMs, () => undefined);
  const master = new Master(directory, {
    meta,
    servers,
    callTimeoutMs,
    operationTimeoutMs,
    signal: stop.signal,
    emit: (event) => void (event.kind === 'retried' && onRetry(event.reason)),
  });
  return {
    master,
    async close() {
      stop.abort();
      await servers.close();
    },
  };
}

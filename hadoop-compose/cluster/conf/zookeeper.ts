/** ZooKeeper on one machine: one server, no admin port, old snapshots and logs thrown away. */
import type { Settings } from './xml.ts';
import { loopback } from '../../stack/ports.ts';
import { dataFolder } from '../../stack/stack.ts';
import type { Stack } from '../../stack/stack.ts';

export function zooCfg(stack: Stack): Settings {
  return {
    dataDir: dataFolder(stack, 'zookeeper'),
    clientPort: stack.ports.zookeeper,
    clientPortAddress: loopback,
    tickTime: 2_000,
    maxClientCnxns: 0,
    'admin.enableServer': false,
    '4lw.commands.whitelist': 'srvr,ruok,mntr',
    'autopurge.snapRetainCount': 3,
    'autopurge.purgeInterval': 1,
  };
}

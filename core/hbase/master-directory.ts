/**
 * Asks the masters where HBase is, instead of ZooKeeper (zookeeper.ts): HBASE_REGISTRY=rpc. client.ts chooses.
 *
 * Every master answers, active or not (service ClientMetaService), so a client needs no way to ZooKeeper. An answer may
 * be stale, as ZooKeeper's may: meta.ts and master.ts ask again when a server refuses.
 */
import { hostPort, parseHostPorts } from '../process/host-port.ts';
import { asHBaseError, HBaseError } from './errors.ts';
import { messages } from './messages.ts';
import type { ServerName } from './messages.ts';
import type { TypedQuestion } from './connection.ts';
import type { Servers } from './servers.ts';
import type { Directory } from './zookeeper.ts';

export function masterDirectory(masters: string, servers: Servers, callTimeoutMs: number): Directory {
  const hosts = parseHostPorts(masters);
  if (!hosts) throw new RangeError(`${JSON.stringify(masters)} is not host:port[,host:port]`);
  const ask = async <Q, A>(question: TypedQuestion<Q, A>): Promise<A> => {
    const start = Math.floor(Math.random() * hosts.length);
    let failure: unknown;
    for (let i = 0; i < hosts.length; i++) {
      try {
        const connection = await servers.connection(hosts[(start + i) % hosts.length]!, 'ClientMetaService');
        return await connection.ask(question, callTimeoutMs);
      } catch (error) {
        failure = error;
      }
    }
    throw asHBaseError(failure);
  };
  const address = (server: ServerName | undefined, what: string) => {
    if (server === undefined) throw new HBaseError('wait', 'NoNode', `the masters know no ${what} just now`);
    return hostPort(server.host_name, server.port ?? 0);
  };
  return {
    async metaServer() {
      const { meta_locations: locations } = await ask({
        method: 'GetMetaRegionLocations',
        request: messages.nothing,
        message: {},
        response: messages.metaRegionLocations,
      });
      return address(locations.find((location) => location.server_name !== undefined)?.server_name, 'server of meta');
    },
    async masterServer() {
      const { server_name: server } = await ask({
        method: 'GetActiveMaster',
        request: messages.nothing,
        message: {},
        response: messages.activeMaster,
      });
      return address(server, 'active master');
    },
  };
}

/**
 * Questions that a daemon answers only when it can do its work. A probe returns undefined when the daemon is ready, or
 * a text that says what is missing. Probes speak the daemons' own protocols, so they need no driver and no JVM.
 */
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hostPort } from '../../core/process/host-port.ts';
import { connectBroker } from '../../core/stores/kafka/sign-in.ts';
import type { PortName } from '../stack/ports.ts';
import { hostOf, loopback } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { administrator } from '../secured/identity.ts';
import { KEYTABS, keytabOf } from '../secured/secrets.ts';
import {
  ANSWER_TIMEOUT_MS,
  activeMaster,
  activeNameNode,
  ask,
  bean,
  hbaseBean,
  isActive,
  MASTER,
  numberOf,
} from './beans.ts';

export type Probe = (stack: Stack) => Promise<string | undefined>;

const REGION_SERVER = 'Hadoop:service=HBase,name=RegionServer,sub=Server';
const leftOverMs = 60_000;

export const kdcReady: Probe = async (stack) => {
  const missing = Object.keys(KEYTABS).filter((name) => !existsSync(keytabOf(stack, name)));
  if (missing.length > 0) return `it has not written the keytabs of ${missing.join(', ')} yet`;
  await connectBriefly(stack.ports.kdc);
  return undefined;
};

export const zookeeperReady: Probe = async (stack) => {
  const answer = await exchange(await openTo(stack, stack.ports.zookeeper), Buffer.from('srvr'), () => false);
  return answer.includes('Mode: ') ? undefined : `srvr was answered with '${answer.toString().slice(0, 80).trim()}'`;
};

/** A metadata request (version 1, no topics) is answered by a broker that has registered and lists itself. */
export function kafkaReady(port: PortName): Probe {
  return async (stack) => {
    const answer = await exchange(
      await openTo(stack, stack.ports[port], 'kafka'),
      metadataRequest,
      (got) => got.length >= 4 && got.length >= 4 + got.readInt32BE(0),
    );
    const brokers = answer.length >= 12 ? answer.readInt32BE(8) : 0;
    return brokers > 0 ? undefined : 'the broker has not registered yet';
  };
}

/** int32 length | int16 api 3, int16 version 1, int32 correlation, string client | array of topics: none. */
const metadataRequest = (() => {
  const client = Buffer.from('sightline.cluster');
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + client.length + 4);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(1, 6);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(client.length, 12);
  client.copy(request, 14);
  request.writeInt32BE(0, 14 + client.length);
  return request;
})();

/**
 * A node that listens answers OPTIONS with SUPPORTED; it listens once it has joined the ring.
 * u8 version, u8 flags, u16 stream, u8 opcode (5, and 6 in the answer), u32 length.
 */
export async function cassandraReady(host: string, port: number): Promise<string | undefined> {
  const socket = await connectBroker(hostPort(host, port), undefined, { timeoutMs: ANSWER_TIMEOUT_MS });
  const answer = await exchange(socket, Buffer.from([4, 0, 0, 0, 5, 0, 0, 0, 0]), (got) => got.length >= 9);
  return answer[4] === 6 ? undefined : 'it does not answer in the protocol of CQL yet';
}

export function nameNodeReady(port: PortName): Probe {
  return async (stack) => {
    await bean(stack, stack.ports[port], 'Hadoop:service=NameNode,name=FSNamesystemState');
    return undefined;
  };
}

export const journalNodeReady: Probe = async (stack) => {
  await bean(stack, stack.ports.journalHttp, 'java.lang:type=Runtime');
  return undefined;
};

/** What failover controllers are for. */
export const oneNameNodeActive: Probe = async (stack) => {
  await activeNameNode(stack);
  return undefined;
};

/** The DataNode is of use when the NameNode counts it and has left safe mode. */
export const datanodeReady: Probe = async (stack) => {
  const { ports } = stack;
  const nameNode = await activeNameNode(stack);
  const state = await bean(stack, ports[nameNode], 'Hadoop:service=NameNode,name=FSNamesystemState');
  if (state.NumLiveDataNodes !== 1) return 'the NameNode does not see it yet';
  if (state.FSState !== 'Operational') return `HDFS is in safe mode (${String(state.FSState)})`;
  // A secured DataNode lets WebHDFS alone in by a ticket; a connection proves that it listens.
  if (stack.isSecured) await connectBriefly(ports.datanodeHttp);
  else await bean(stack, ports.datanodeHttp, 'java.lang:type=Runtime');
  return undefined;
};

/** The master is active, or one of two is; what it then waits for is the region server. */
export function masterReady(port: PortName): Probe {
  return async (stack) => {
    const server = await hbaseBean(stack, stack.ports[port], MASTER);
    if (!stack.isHa) return isActive(server) ? undefined : 'it is not the active master yet';
    await activeMaster(stack);
    return undefined;
  };
}

/**
 * The master has finished its start, knows this region server (an earlier one on the same port had another start code),
 * has split the logs of crashed region servers, and meta is open.
 */
export function regionserverReady(port: PortName): Probe {
  return async (stack) => {
    const own = await hbaseBean(stack, stack.ports[port], REGION_SERVER);
    const master = await hbaseBean(stack, stack.ports[await activeMaster(stack)], MASTER);
    const live = String(master['tag.liveRegionServers'] ?? '').split(';');
    if (!live.includes(String(own['tag.serverName']))) return 'the master does not see it yet';
    if (numberOf(master, 'masterFinishedInitializationTime') === 0) return 'the master is still assigning meta';
    if (await isRecovering(stack)) return 'the log of its predecessor is being split';
    // Of two, one may hold all regions until the master moves some.
    return numberOf(own, 'regionCount') === 0 && !stack.isHa ? 'it has no region yet' : undefined;
  };
}

/**
 * The log folder of a crashed region server is called `…-splitting` until its regions can be opened again. A folder
 * that has not changed for a minute is left over from something else, and the stack does not wait for it.
 */
async function isRecovering(stack: Stack): Promise<boolean> {
  const path = '/webhdfs/v1/hbase/WALs?op=LISTSTATUS';
  const listing = (await ask(stack, stack.ports[await activeNameNode(stack)], path)) as {
    FileStatuses: { FileStatus: { pathSuffix: string; modificationTime: number }[] };
  };
  return listing.FileStatuses.FileStatus.some(
    ({ pathSuffix, modificationTime }) =>
      pathSuffix.endsWith('-splitting') && Date.now() - modificationTime < leftOverMs,
  );
}

/** A connection over which bytes may be sent: of a secured stack over TLS, and to Kafka as its administrator. */
async function openTo(stack: Stack, port: number, way?: 'kafka'): Promise<Socket> {
  const access = stack.isSecured ? administrator(stack).KAFKA_ACCESS : undefined;
  const limits = { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) };
  return connectBroker(hostPort(hostOf(stack), port), access && { ...access, sasl: way ? access.sasl : null }, limits);
}

async function connectBriefly(port: number): Promise<void> {
  (await connectBroker(hostPort(loopback, port), undefined, { timeoutMs: ANSWER_TIMEOUT_MS })).destroy();
}

/** Sends bytes and gathers the answer until it is whole or the other side closes. */
function exchange(socket: Socket, request: Buffer, isWhole: (got: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error(`no answer from port ${socket.remotePort}`)));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (isWhole(got)) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(got));
    socket.write(request);
  });
}

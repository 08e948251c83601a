/**
 * Asks ZooKeeper where HBase is: one node names meta's region server, another the master.
 *
 * Each question has a session of its own, closed afterwards: the answers change only when a server dies, meta.ts and
 * master.ts remember them, and a lasting session would need heartbeats. The answer may be stale; the server that it
 * names then refuses, and the caller asks again.
 *
 * connect = length:int32 protocol:int32(0) zxid:int64(0) timeout:int32 session:int64(0) passwordLength:int32(16) zeros
 * getData = length:int32 xid:int32 opcode:int32(4) pathLength:int32 path watch:int8(0)
 * close   = length:int32 xid:int32 opcode:int32(-11)
 * answer  = length:int32 xid:int32 zxid:int64 error:int32 dataLength:int32 data       (the first answer is connect's)
 * data    = FF idLength:int32 id "PBUF" message
 */
import { connect } from 'node:net';
import type { HostPort } from '../process/host-port.ts';
import { hostPort, parseHostPorts, partsOf } from '../process/host-port.ts';
import { asHBaseError, HBaseError, protocolError } from './errors.ts';
import { FrameCutter } from './frames.ts';
import { messages } from './messages.ts';
import type { ServerName } from './messages.ts';

const NO_NODE = -101;
const NO_AUTH = -102;
const SESSION_TIMEOUT_MS = 10_000;

export interface Directory {
  /** The region server that holds meta. */
  metaServer(): Promise<HostPort>;
  /** The active master. */
  masterServer(): Promise<HostPort>;
}

export function zookeeperDirectory(quorum: string, znode: string, timeoutMs: number, signal: AbortSignal): Directory {
  const hosts = parseHostPorts(quorum);
  if (!hosts) throw new RangeError(`${JSON.stringify(quorum)} is not host:port[,host:port]`);
  const read = async (node: string): Promise<Buffer> => {
    const start = Math.floor(Math.random() * hosts.length);
    let failure: unknown;
    for (let i = 0; i < hosts.length; i++) {
      try {
        return await readNode(hosts[(start + i) % hosts.length]!, `${znode}/${node}`, timeoutMs, signal);
      } catch (error) {
        failure = error;
      }
    }
    throw asHBaseError(failure);
  };
  return {
    async metaServer() {
      return address(messages.metaRegionServer.decode(unwrap(await read('meta-region-server'))).server);
    },
    async masterServer() {
      return address(messages.master.decode(unwrap(await read('master'))).master);
    },
  };
}

function address(server: ServerName): HostPort {
  return hostPort(server.host_name, server.port ?? 0);
}

/** The message inside a node's data. */
export function unwrap(data: Buffer): Buffer {
  const magicAt = data.length >= 5 && data[0] === 0xff ? 5 + data.readInt32BE(1) : -1;
  if (magicAt < 5 || data.toString('latin1', magicAt, magicAt + 4) !== 'PBUF')
    throw protocolError(`a node of ZooKeeper has ${data.length} bytes that HBase did not write`);
  return data.subarray(magicAt + 4);
}

export function encodeConnect(): Buffer {
  const bytes = Buffer.alloc(4 + 44);
  bytes.writeInt32BE(44, 0);
  bytes.writeInt32BE(SESSION_TIMEOUT_MS, 16);
  bytes.writeInt32BE(16, 28);
  return bytes;
}

export function encodeGetData(path: string): Buffer {
  const name = Buffer.from(path, 'utf8');
  const bytes = Buffer.alloc(4 + 13 + name.length);
  bytes.writeInt32BE(13 + name.length, 0);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt32BE(4, 8);
  bytes.writeInt32BE(name.length, 12);
  name.copy(bytes, 16);
  return bytes;
}

const CLOSE = Buffer.from('0000000800000002fffffff5', 'hex');

/** A node's data out of an answer to getData. */
export function decodeData(frame: Buffer, path: string): Buffer {
  if (frame.length < 16) throw protocolError(`ZooKeeper answers ${frame.length} bytes`);
  const error = frame.readInt32BE(12);
  if (error === NO_NODE)
    throw new HBaseError(
      'wait',
      'NoNode',
      `ZooKeeper has no ${path}: HBase is not up, or its root node is another one (HBASE_ZNODE)`,
    );
  if (error === NO_AUTH)
    throw new HBaseError('refuse', 'AccessDeniedException', `ZooKeeper does not allow us to read ${path}`);
  if (error !== 0) throw new HBaseError('wait', 'ZooKeeper', `error ${error} for ${path}`);
  const length = frame.length >= 20 ? frame.readInt32BE(16) : -1;
  if (length < 0 || frame.length < 20 + length) throw protocolError(`ZooKeeper's answer for ${path} ends early`);
  return frame.subarray(20, 20 + length);
}

function readNode(host: HostPort, path: string, timeoutMs: number, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...partsOf(host), noDelay: true });
    const cutter = new FrameCutter();
    let answers = 0;
    let isFinished = false;
    const finish = (settle: () => void) => {
      if (isFinished) return;
      isFinished = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (socket.writable) socket.write(CLOSE);
      socket.destroySoon();
      settle();
    };
    const fail = (reason: string) =>
      finish(() => reject(new HBaseError('wait', 'connection', `to ZooKeeper at ${host} failed: ${reason}`)));
    const timer = setTimeout(() => {
      fail(`no answer within ${timeoutMs} ms`);
      socket.destroy();
    }, timeoutMs);
    const onAbort = () => {
      fail('the client was closed');
      socket.destroy();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('closed before it answered'));
    socket.on('connect', () => socket.write(Buffer.concat([encodeConnect(), encodeGetData(path)])));
    socket.on('data', (piece: Buffer) => {
      try {
        cutter.push(piece, (frame) => {
          if (++answers === 2) {
            const data = Buffer.from(decodeData(frame, path));
            finish(() => resolve(data));
          }
        });
      } catch (error) {
        finish(() => reject(asHBaseError(error)));
      }
    });
  });
}

/**
 * Asks ZooKeeper where HBase is: one node names meta's region server, another the master.
 *
 * Each question has a session of its own, closed afterwards: the answers change only when a server dies, meta.ts and
 * master.ts remember them, and a lasting session would need heartbeats. The answer may be stale; the server that it
 * names then refuses, and the caller asks again.
 *
 * connect = length:int32 protocol:int32(0) zxid:int64(0) timeout:int32 session:int64(0) passwordLength:int32(16) zeros
 * getData = length:int32 xid:int32 opcode:int32(4) pathLength:int32 path watch:int8(0)
 * sasl    = length:int32 xid:int32 opcode:int32(102) tokenLength:int32 token             (an answer holds one as data)
 * close   = length:int32 xid:int32 opcode:int32(-11)
 * answer  = length:int32 xid:int32 zxid:int64 error:int32 dataLength:int32 data       (the first answer is connect's)
 * data    = FF idLength:int32 id "PBUF" message
 */
import { messageOf, Refusal } from '../process/errors.ts';
import type { HostPort } from '../process/host-port.ts';
import { hostPort, parseHostPorts, partsOf } from '../process/host-port.ts';
import { beginExchange, ticketOf } from '../process/kerberos.ts';
import type { TlsIdentity } from '../process/pem.ts';
import type { ServiceAccess } from '../process/security-settings.ts';
import { openSocket, readyEvent, tlsFaultText } from '../process/socket.ts';
import { asHBaseError, HBaseError, protocolError } from './errors.ts';
import { FrameCutter } from './frames.ts';
import { messages } from './messages.ts';
import type { ServerName } from './messages.ts';

const NO_NODE = -101;
const NO_AUTH = -102;
const SASL_NEEDED = -124;
const OPCODE_SASL = 102;
const SESSION_TIMEOUT_MS = 10_000;

export interface Directory {
  /** The region server that holds meta. */
  metaServer(): Promise<HostPort>;
  /** The active master. */
  masterServer(): Promise<HostPort>;
}

export interface ZooKeeper {
  readonly quorum: string;
  readonly znode: string;
  readonly access: Entrance;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export function zookeeperDirectory({ quorum, znode, ...how }: ZooKeeper): Directory {
  const hosts = parseHostPorts(quorum);
  if (!hosts) throw new RangeError(`${JSON.stringify(quorum)} is not host:port[,host:port]`);
  const read = async (node: string): Promise<Buffer> => {
    const start = Math.floor(Math.random() * hosts.length);
    let failure: unknown;
    for (let i = 0; i < hosts.length; i++) {
      try {
        return await readNode({ host: hosts[(start + i) % hosts.length]!, path: `${znode}/${node}`, ...how });
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
  if (error === SASL_NEEDED)
    throw new HBaseError(
      'refuse',
      'AccessDeniedException',
      `ZooKeeper lets nobody read ${path} who has not signed in; set ZOOKEEPER_AUTH=sasl`,
    );
  if (error !== 0) throw new HBaseError('wait', 'ZooKeeper', `error ${error} for ${path}`);
  const length = frame.length >= 20 ? frame.readInt32BE(16) : -1;
  if (length < 0 || frame.length < 20 + length) throw protocolError(`ZooKeeper's answer for ${path} ends early`);
  return frame.subarray(20, 20 + length);
}

interface Entrance {
  readonly tls?: TlsIdentity | null;
  readonly kerberos?: ServiceAccess | null;
}

interface Question {
  readonly host: HostPort;
  readonly path: string;
  readonly access: Entrance;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One session: connect, sign in where it is asked for, read, close. */
async function readNode({ host, path, access, timeoutMs, signal }: Question): Promise<Buffer> {
  const late = AbortSignal.timeout(timeoutMs);
  const session = openSession(host, access.tls ?? null, AbortSignal.any([signal, late]));
  try {
    await session.ready;
    session.send(encodeConnect());
    // Without a sign-in both go out at once, which saves a round trip.
    if (!access.kerberos) session.send(encodeGetData(path));
    await session.answer();
    if (access.kerberos) {
      await signIn(session, host, access.kerberos);
      session.send(encodeGetData(path));
    }
    return Buffer.from(decodeData(await session.answer(), path));
  } catch (thrown) {
    if (thrown instanceof HBaseError) throw thrown;
    if (thrown instanceof Refusal) throw new HBaseError('refuse', 'Kerberos', thrown.message, { cause: thrown });
    const explained = tlsFaultText(thrown);
    if (explained !== null)
      throw new HBaseError('refuse', 'TLS', `ZooKeeper at ${host}: ${explained} (${messageOf(thrown)})`);
    const reason = signal.aborted
      ? 'the client was closed'
      : late.aborted
        ? `no answer within ${timeoutMs} ms`
        : messageOf(thrown);
    throw new HBaseError('wait', 'connection', `to ZooKeeper at ${host} failed: ${reason}`);
  } finally {
    session.close();
  }
}

async function signIn(session: Session, host: HostPort, { service, identity }: ServiceAccess): Promise<void> {
  const target = { dependency: 'ZooKeeper', service, host: partsOf(host).host };
  const exchange = await beginExchange(identity, target);
  const ask = async (token: Buffer): Promise<Buffer> => {
    session.send(encodeSasl(token));
    return decodeSasl(await session.answer(), ticketOf(identity, target));
  };
  let token = await exchange.step(Buffer.alloc(0));
  while (!exchange.isComplete) token = await exchange.step(await ask(token));
  await exchange.unwrap(await ask(token));
  await ask(await exchange.wrapChoice());
}

export function encodeSasl(token: Buffer): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32BE(12 + token.length, 0);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt32BE(OPCODE_SASL, 8);
  bytes.writeInt32BE(token.length, 12);
  return Buffer.concat([bytes, token]);
}

/** The server's token out of an answer to a sign-in; the last one has none (length −1). */
export function decodeSasl(frame: Buffer, ticket = 'our ticket'): Buffer {
  if (frame.length < 16) throw protocolError(`ZooKeeper answers ${frame.length} bytes to a sign-in`);
  const error = frame.readInt32BE(12);
  if (error !== 0)
    throw new HBaseError('refuse', 'SaslException', `ZooKeeper does not accept ${ticket} (error ${error})`);
  const length = frame.length >= 20 ? frame.readInt32BE(16) : -1;
  if (length > frame.length - 20) throw protocolError('an answer of ZooKeeper to a sign-in ends early');
  return length < 0 ? Buffer.alloc(0) : frame.subarray(20, 20 + length);
}

interface Session {
  readonly ready: Promise<void>;
  send(bytes: Buffer): void;
  /** The next frame. */
  answer(): Promise<Buffer>;
  close(): void;
}

function openSession(host: HostPort, tls: TlsIdentity | null, signal: AbortSignal): Session {
  const socket = openSocket(host, tls, { noDelay: true, signal });
  const cutter = new FrameCutter();
  const frames: Buffer[] = [];
  let fault: Error | undefined;
  let wake: () => void = () => undefined;
  const end = (reason: Error): void => {
    fault ??= reason;
    wake();
  };
  socket.on('error', end);
  socket.on('close', () => end(new Error('closed before it answered')));
  socket.on('data', (piece: Buffer) => {
    try {
      cutter.push(piece, (frame) => frames.push(frame));
      wake();
    } catch (error) {
      end(asHBaseError(error));
    }
  });
  return {
    ready: new Promise((resolve, reject) => {
      socket.once(readyEvent(tls), resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed before it answered')));
    }),
    send: (bytes) => void socket.write(bytes),
    async answer() {
      for (;;) {
        const frame = frames.shift();
        if (frame !== undefined) return frame;
        if (fault !== undefined) throw fault;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    close() {
      if (socket.writable) socket.write(CLOSE);
      socket.destroySoon();
    },
  };
}

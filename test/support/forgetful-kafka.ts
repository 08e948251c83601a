/**
 * Kafka behind a relay that can say, as a broker does that has just come back, that the cluster has no brokers.
 *
 * It names itself as the address of every broker, so that clients talk to nobody else. It reads the answers to Metadata
 * and FindCoordinator of the versions that librdkafka asks for, and passes everything else on.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { HostPort } from '../../core/process/host-port.ts';
import { hostPort, partsOf } from '../../core/process/host-port.ts';
import { endTogether } from './relay.ts';

export interface ForgetfulKafka {
  readonly address: HostPort;
  /** From now on it says that there are no brokers, until it remembers. */
  forget(): void;
  remember(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const METADATA = 3;
const FIND_COORDINATOR = 10;

interface Asked {
  readonly key: number;
  readonly version: number;
}

export async function startForgetfulKafka(target: HostPort): Promise<ForgetfulKafka> {
  const sockets = new Set<Socket>();
  let forgets = false;
  const server = createServer((here) => {
    const there = connect(partsOf(target));
    const asked = new Map<number, Asked>();
    const port = (server.address() as AddressInfo).port;
    endTogether(here, there, sockets);
    here.on(
      'data',
      frames((frame) => {
        asked.set(frame.readInt32BE(4), { key: frame.readInt16BE(0), version: frame.readInt16BE(2) });
        there.write(framed(frame));
      }),
    );
    there.on(
      'data',
      frames((frame) => {
        const question = asked.get(frame.readInt32BE(0));
        asked.delete(frame.readInt32BE(0));
        here.write(framed(question ? rewritten(frame, question, port, forgets) : frame));
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  return {
    address: hostPort(HOST, (server.address() as AddressInfo).port),
    forget: () => void (forgets = true),
    remember: () => void (forgets = false),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  };
}

function rewritten(frame: Buffer, { key, version }: Asked, port: number, forgets: boolean): Buffer {
  if (key === METADATA) return metadata(frame, version, port, forgets);
  return key === FIND_COORDINATOR ? coordinator(frame, version, port) : frame;
}

/** Versions from 9 on: correlation, tags, throttle time, then the brokers as a compact array. */
function metadata(frame: Buffer, version: number, port: number, forgets: boolean): Buffer {
  if (version < 9) throw new Error(`Metadata of version ${version} is not known here`);
  const start = 4 + 1 + 4;
  let at = start + 1;
  const brokers: Buffer[] = [];
  for (let count = frame.readUInt8(start) - 1; count > 0; count--) {
    const id = frame.subarray(at, at + 4);
    at += 4;
    at += frame.readUInt8(at) + 4;
    const rackBytes = Math.max(1, frame.readUInt8(at));
    const rackAndTags = frame.subarray(at, at + rackBytes + 1);
    at += rackBytes + 1;
    brokers.push(Buffer.concat([id, compact(HOST), int32(port), rackAndTags]));
  }
  const told = forgets ? [] : brokers;
  return Buffer.concat([frame.subarray(0, start), Buffer.from([told.length + 1]), ...told, frame.subarray(at)]);
}

/** Versions 1 and 2: correlation, throttle time, error, its text, then a node with its address. */
function coordinator(frame: Buffer, version: number, port: number): Buffer {
  if (version < 1 || version > 2) throw new Error(`FindCoordinator of version ${version} is not known here`);
  const text = 4 + 4 + 2;
  const node = text + 2 + Math.max(0, frame.readInt16BE(text));
  const host = Buffer.from(HOST);
  return Buffer.concat([frame.subarray(0, node + 4), Buffer.from([0, host.length]), host, int32(port)]);
}

const compact = (text: string): Buffer => Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(text)]);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

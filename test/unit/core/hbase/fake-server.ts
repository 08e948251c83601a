// A region server for unit tests: speaks the framing on a loopback port and answers each question by a function of
// ours.
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { HostPort } from '../../../../core/process/host-port.ts';
import { hostPort } from '../../../../core/process/host-port.ts';
import { FrameCutter } from '../../../../core/hbase/frames.ts';
import { varintBytes, writeVarint } from '../../../../core/layout/varint.ts';
import { fieldBytes, ProtobufReader, writeField } from '../../../../core/hbase/protobuf.ts';
import type { Reach } from '../../../../core/hbase/batch.ts';
import { Servers } from '../../../../core/hbase/servers.ts';
import type { TableRegions } from '../../../../core/hbase/regions.ts';

export interface Asked {
  callId: number;
  method: string;
  param: Buffer;
  cells: Buffer;
  reply(param: Buffer, cells?: Buffer): void;
  refuse(className: string, text?: string): void;
  hangUp(): void;
  /** Says why in an answer to no call, and closes: how a server meets whom it does not admit. */
  dismiss(className: string, text: string): void;
}

export interface FakeServer {
  address: HostPort;
  connections(): number;
  close(): Promise<void>;
}

const opened: (() => Promise<void>)[] = [];

/** Closes every server and client that a test left open, failed ones too. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((close) => close()));
}

export function field(tag: number, bytes: Buffer): Buffer {
  const whole = Buffer.alloc(fieldBytes(bytes.length));
  writeField(whole, 0, tag, bytes);
  return whole;
}

export function number(tag: number, value: number): Buffer {
  const whole = Buffer.alloc(1 + varintBytes(value));
  whole[0] = tag;
  writeVarint(whole, 1, value);
  return whole;
}

export async function fakeServer(onQuestion: (asked: Asked) => void, host = '127.0.0.1'): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const cutter = new FrameCutter();
    let preamble = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (piece: Buffer) => {
      if (!greeted) {
        preamble = Buffer.concat([preamble, piece]);
        if (preamble.length < 10 || preamble.length < 10 + preamble.readInt32BE(6)) return;
        greeted = true;
        piece = preamble.subarray(10 + preamble.readInt32BE(6));
      }
      if (piece.length > 0) cutter.push(piece, (frame) => onQuestion(readQuestion(frame, socket)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  opened.push(close);
  return { address: hostPort(host, (server.address() as AddressInfo).port), connections: () => connections, close };
}

function readQuestion(frame: Buffer, socket: Socket): Asked {
  const reader = new ProtobufReader(frame);
  const end = reader.lengthEnd();
  const header = new ProtobufReader(frame, reader.at, end);
  let callId = 0;
  let method = '';
  while (header.more) {
    const tag = header.varint();
    if (tag === 0x08) callId = header.varint();
    else if (tag === 0x1a) method = header.text();
    else header.skip(tag);
  }
  reader.at = end;
  const param = reader.take();
  const send = (head: Buffer, body: Buffer) => {
    const total = Buffer.alloc(4);
    const prefixed = field(0, head).subarray(1);
    total.writeInt32BE(prefixed.length + body.length);
    socket.write(Buffer.concat([total, prefixed, body]));
  };
  const refuse = (id: number, className: string, text: string): void => {
    const exception = Buffer.concat([field(0x0a, Buffer.from(className)), field(0x12, Buffer.from(text))]);
    send(Buffer.concat([number(0x08, id), field(0x12, exception)]), Buffer.alloc(0));
  };
  return {
    callId,
    method,
    param,
    cells: frame.subarray(reader.at),
    reply(answer, cells = Buffer.alloc(0)) {
      const meta = cells.length > 0 ? field(0x1a, number(0x08, cells.length)) : Buffer.alloc(0);
      send(Buffer.concat([number(0x08, callId), meta]), Buffer.concat([field(0, answer).subarray(1), cells]));
    },
    refuse: (className, text = '') => refuse(callId, className, text),
    hangUp: () => socket.destroy(),
    dismiss(className, text) {
      refuse(0xffffffff, className, text);
      socket.end();
    },
  };
}

export interface RegionAnswer {
  results?: { index: number; cells?: number; exception?: string }[];
  exception?: string;
}

/** MultiResponse out of plain values. */
export function multiAnswer(regions: RegionAnswer[]): Buffer {
  const named = (name: string) =>
    Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, Buffer.from(`${name}: no`))]);
  return Buffer.concat(
    regions.map(({ results, exception }) => {
      const parts = (results ?? []).map((result) =>
        field(
          0x0a,
          Buffer.concat([
            number(0x08, result.index),
            ...(result.cells === undefined
              ? []
              : [field(0x12, result.cells === 0 ? Buffer.alloc(0) : number(0x10, result.cells))]),
            ...(result.exception === undefined ? [] : [field(0x1a, named(result.exception))]),
          ]),
        ),
      );
      return field(
        0x0a,
        Buffer.concat([...parts, ...(exception === undefined ? [] : [field(0x12, named(exception))])]),
      );
    }),
  );
}

/** Rows and indexes of a Multi of one-cell puts, per region: enough to play a server. */
export function askedActions(param: Buffer): number[] {
  const reader = new ProtobufReader(param);
  const counts: number[] = [];
  while (reader.more) {
    reader.varint();
    const region = new ProtobufReader(reader.take());
    let count = 0;
    while (region.more) {
      if (region.varint() === 0x1a) count++;
      region.take();
    }
    counts.push(count);
  }
  return counts;
}

/** What an operation needs, with meta played by a function of the version that is stale. */
export function reachOf(
  regions: (stale: number) => TableRegions,
  times: Partial<Reach> = {},
): Reach & { servers: Servers } {
  const servers = new Servers({ user: 'test' }, 1_000, () => undefined);
  opened.push(() => servers.close());
  return {
    meta: { regions: (_table, stale = 0) => Promise.resolve(regions(stale)), forget: () => undefined },
    callTimeoutMs: 500,
    operationTimeoutMs: 2_000,
    signal: new AbortController().signal,
    emit: () => undefined,
    ...times,
    servers,
  };
}

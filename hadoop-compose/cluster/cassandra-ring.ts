/**
 * Whether the nodes of Cassandra see each other: each of them answers a question that all three copies must answer.
 *
 * A node listens for clients when it has met all neighbours but one, and nothing says that the others take it for up
 * by then. Whoever stops the next node too early leaves a quorum that nobody sees. cassandra.ts asks here for the last
 * node of a ring, so `cluster up` ends when every node may fail. The question is of the protocol, version 4:
 *
 *   u8 version, u8 flags, u16 stream, u8 opcode, u32 length | body
 *   STARTUP (1)  [string map]                                          answer: READY (2)
 *   QUERY (7)    [long string] u16 consistency, u8 flags               answer: RESULT (8), or ERROR (0) i32, [string]
 */
import type { Socket } from 'node:net';
import { hostPort } from '../../core/process/host-port.ts';
import { messageOf } from '../../core/process/errors.ts';
import { connectBroker } from '../../core/stores/kafka/sign-in.ts';
import { addressOfNode } from '../stack/cassandra-nodes.ts';
import type { Probe } from './probes.ts';

const ANSWER_LIMIT_MS = 3_000;
const HEADER_BYTES = 9;
const [ERROR, STARTUP, QUERY] = [0, 1, 7];
const CONSISTENCY_ALL = 5;
/** Cassandra's own table with three copies; the key is nobody's. */
const OF_ALL_COPIES =
  "SELECT host_id FROM system_distributed.view_build_status WHERE keyspace_name = 'sightline' AND view_name = 'ring'";

export const cassandraRingReady: Probe = async ({ ports, cassandraNodes = 0 }) => {
  const nodes = Array.from({ length: cassandraNodes }, (_, at) => at + 1);
  const faults = await Promise.all(
    nodes.map((node) =>
      seesAll(addressOfNode(node), ports.cassandra).then(
        () => null,
        (fault: unknown) => `node ${node} does not reach all ${cassandraNodes} nodes yet: ${messageOf(fault)}`,
      ),
    ),
  );
  return faults.find((fault) => fault !== null) ?? undefined;
};

async function seesAll(host: string, port: number): Promise<void> {
  const socket = await connectBroker(hostPort(host, port), undefined, { timeoutMs: ANSWER_LIMIT_MS });
  try {
    await ask(socket, STARTUP, Buffer.concat([u16(1), text('CQL_VERSION'), text('3.0.0')]));
    const query = Buffer.from(OF_ALL_COPIES);
    await ask(socket, QUERY, Buffer.concat([u32(query.length), query, u16(CONSISTENCY_ALL), Buffer.from([0])]));
  } finally {
    socket.destroy();
  }
}

/** Sends one frame and waits for the answer; throws what the node says is wrong. */
function ask(socket: Socket, opcode: number, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const end = (work: () => void): void => {
      socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
      work();
    };
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < HEADER_BYTES || got.length < HEADER_BYTES + got.readUInt32BE(5)) return;
      end(() => (got[4] === ERROR ? reject(new Error(errorIn(got))) : resolve()));
    });
    socket.on('error', (fault) => end(() => reject(fault)));
    socket.on('close', () => end(() => reject(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`))));
    socket.write(Buffer.concat([Buffer.from([4, 0, 0, 0, opcode]), u32(body.length), body]));
  });
}

/** i32 code, [string] message. */
const errorIn = (frame: Buffer): string =>
  frame.subarray(HEADER_BYTES + 6, HEADER_BYTES + 6 + frame.readUInt16BE(HEADER_BYTES + 4)).toString();

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const text = (value: string): Buffer => Buffer.concat([u16(Buffer.byteLength(value)), Buffer.from(value)]);

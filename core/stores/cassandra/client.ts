/**
 * The client of Cassandra that the stores share: prepared questions, batches of writes, comparisons.
 *
 * The only file that imports the driver. It connects with the first question, so that opening a store never waits.
 * Reads and writes ask for a quorum of replicas, so that a read sees every acknowledged write; with `probe`, one
 * replica
 * is enough while no quorum answers (weakening.ts). Every statement may be repeated (timestamps are the caller's), so
 * what may pass is tried again until the operation's time is over; a comparison is not, and always wants a quorum.
 */
import type { ReadLimits } from '../../process/read-limits.ts';
import type { Certainty } from '../room/certainty.ts';
import type { Host } from 'cassandra-driver';
import { auth, Client, policies, types } from 'cassandra-driver';
import { Retryable } from '../../process/errors.ts';
import { untilAborted } from '../../process/read-limits.ts';
import { withRetry } from '../../process/retry.ts';
import { ALWAYS_SURE } from '../room/certainty.ts';
import { cassandraFault } from './faults.ts';
import { watchFirstConnection } from './first-connection.ts';
import { slowNodes } from './slow-nodes.ts';
import type { Weakening } from './weakening.ts';
import { weakening } from './weakening.ts';

/** bigint columns are BigInt, blobs are Buffer. */
export type Row = Readonly<Record<string, unknown>>;
export type Value = string | number | bigint | Buffer | readonly unknown[];

export interface Statement {
  readonly query: string;
  readonly params: readonly Value[];
  /** Its rows are few, so they come at once: for a question of many keys a node pages through each key otherwise. */
  readonly isOnePage?: boolean;
}

export interface CassandraOptions {
  /** host:port of some nodes, separated by commas; the others are found through them. */
  readonly nodes: string;
  readonly datacenter: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** How long to wait for one answer. */
  readonly callTimeoutMs: number;
  /** How long an operation is tried again. */
  readonly operationTimeoutMs: number;
  /** A read that shows whether a quorum answers. With it, one replica is enough while none does. */
  readonly probe?: Statement | undefined;
}

export interface CassandraClient {
  readonly certainty: Certainty;
  /** All rows. */
  read(statement: Statement, limits?: ReadLimits): Promise<Row[]>;
  /** The same; from every replica that is up, where one replica may answer alone. */
  readFromAll(statement: Statement): Promise<Row[]>;
  /** The rows of each node that is up, by its own tables. */
  readFromEach(statement: Statement): Promise<{ readonly node: string; readonly rows: readonly Row[] }[]>;
  /** Page by page. */
  pages(statement: Statement, limits?: ReadLimits): AsyncIterable<Row[]>;
  /** The latest agreed value, also of a comparison whose outcome nobody knows yet; of one partition. */
  readAgreed(statement: Statement): Promise<Row[]>;
  /** One batch; atomic if all its rows are of one partition. */
  write(statements: readonly Statement[]): Promise<void>;
  /** A light-weight transaction; whether its condition held. A Retryable may mean that it did. */
  compare(statement: Statement): Promise<boolean>;
  /** Changes the schema, and waits until the nodes agree on it. */
  define(query: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const PAGE_ROWS = 2_000;
const NO_PAGES = 0;
const FIRST_DELAY_MS = 50;
const GREATEST_DELAY_MS = 1_000;
const RECONNECT_MS = 1_000;
const HEARTBEAT_MS = 5_000;
/** So long after a question the next node is asked too. */
const SPECULATE_AFTER_MS = 400;
const DEFINE_LIMIT_MS = 60_000;
/** A comparison is not asked of a second node at once: json-facts.ts looks instead whether it held. */
const COMPARE_LIMIT_MS = 1_500;
/** How long one try waits for a quorum where one replica may answer instead. */
const STRONG_TRY_MS = 1_500;

/** After a question that not all replicas answered, a quorum is asked for so long. */
const WITHOUT_ALL_MS = 2_000;

const { all, localOne, localQuorum, serial } = types.consistencies;
type Asked = Readonly<{ consistency: types.consistencies; readTimeout?: number }>;

export function cassandraClient(options: CassandraOptions): CassandraClient {
  const slow = slowNodes(options.datacenter);
  const client = new Client({ ...settingsOf(options), ...policiesOf(slow.policy) });
  // The driver reports here what it also throws.
  client.on('error', () => undefined);
  const first = watchFirstConnection(client);
  const questions = questionsOf(client, options, () => slow.watch(client));
  const { weak, again } = questions;
  return {
    certainty: weak ?? ALWAYS_SURE,
    ...readsOf(client, questions),
    async readFromEach({ query, params }) {
      await asked('a node', () => client.connect());
      const up = [...client.hosts.values()].filter((host) => host.isUp());
      const of = (host: Host) => asked(host.address, () => client.execute(query, [...params], { ...ONE_NODE, host }));
      return Promise.all(up.map(async (host) => ({ node: host.address, rows: (await of(host)).rows })));
    },
    async readAgreed({ query, params }) {
      const work = (how: Asked) => client.execute(query, [...params], { ...REPEATED, ...how });
      return (await again(query, { consistency: serial }, work)).rows;
    },
    async write(statements) {
      const [first] = statements;
      if (!first) return;
      const batch = statements.map(({ query, params }) => ({ query, params: [...params] }));
      await again(first.query, QUORUM, (how) => client.batch(batch, { ...REPEATED, ...how, logged: false }));
    },
    async compare({ query, params }) {
      const comparison = { ...REPEATED, ...COMPARED, readTimeout: Math.min(COMPARE_LIMIT_MS, options.callTimeoutMs) };
      const { rows } = await asked(query, () => client.execute(query, [...params], comparison));
      return rows[0]?.['[applied]'] === true;
    },
    async define(query) {
      await asked(query, () => client.execute(query, [], { prepare: false, readTimeout: DEFINE_LIMIT_MS }));
    },
    async ping() {
      const how = { ...REPEATED, consistency: types.consistencies.one };
      await asked('a ping', () => client.execute('SELECT release_version FROM system.local', [], how));
    },
    async close() {
      slow.close();
      weak?.close();
      await client.shutdown();
      first.close();
    },
  };
}

interface Questions {
  /** Only where one replica may answer alone. */
  readonly weak: Weakening | undefined;
  /** Asks with the wanted consistency, and with one replica if that may be and must be. */
  again<T>(what: string, sure: Asked, work: (how: Asked) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

function questionsOf(client: Client, options: CassandraOptions, begin: () => void): Questions {
  const { probe } = options;
  const limitMs = Math.max(0, options.operationTimeoutMs - options.callTimeoutMs);
  const retried = <T>(what: string, ask: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    withRetry({ firstDelayMs: FIRST_DELAY_MS, greatestDelayMs: GREATEST_DELAY_MS, limitMs }, () => asked(what, ask), {
      signal,
    });
  const weak = probe && weakening(() => client.execute(probe.query, [...probe.params], { ...REPEATED, ...STRONG_TRY }));
  return {
    weak,
    again(what, sure, work, signal) {
      begin();
      if (!weak) return retried(what, () => work(sure), signal);
      return weak.ask(
        () => asked(what, () => work({ ...sure, readTimeout: STRONG_TRY_MS })),
        () => retried(what, () => work({ consistency: localOne }), signal),
      );
    },
  };
}

function readsOf(client: Client, { weak, again }: Questions): Pick<CassandraClient, 'pages' | 'read' | 'readFromAll'> {
  async function* pages({ query, params, isOnePage }: Statement, limits: ReadLimits = {}): AsyncGenerator<Row[]> {
    let pageState: string | undefined;
    do {
      limits.signal?.throwIfAborted();
      const page = {
        ...REPEATED,
        fetchSize: isOnePage ? NO_PAGES : PAGE_ROWS,
        ...(pageState === undefined ? {} : { pageState }),
      };
      const ask = (how: Asked) => client.execute(query, [...params], { ...page, ...how });
      const result = await untilAborted(again(query, QUORUM, ask, limits.signal), limits.signal);
      limits.onBytes?.(bytesOf(result.rows));
      yield result.rows;
      pageState = result.pageState;
    } while (pageState);
  }
  const read = async (statement: Statement, limits?: ReadLimits): Promise<Row[]> => {
    const rows: Row[] = [];
    for await (const page of pages(statement, limits)) for (const row of page) rows.push(row);
    return rows;
  };
  let withoutAllUntil = 0;
  return {
    pages,
    read,
    async readFromAll(statement) {
      if (!weak || weak.isWeak() || Date.now() < withoutAllUntil) return read(statement);
      const { query, params } = statement;
      try {
        const how = { ...REPEATED, consistency: all, readTimeout: STRONG_TRY_MS };
        return (await asked(query, () => client.execute(query, [...params], how))).rows;
      } catch (fault) {
        if (!(fault instanceof Retryable)) throw fault;
        withoutAllUntil = Date.now() + WITHOUT_ALL_MS;
        return read(statement);
      }
    },
  };
}

const ONE_NODE = { prepare: false, consistency: types.consistencies.one } as const;
const REPEATED = { prepare: true, isIdempotent: true } as const;
const QUORUM: Asked = { consistency: localQuorum };
const STRONG_TRY = { ...QUORUM, readTimeout: STRONG_TRY_MS };
const COMPARED = { ...QUORUM, isIdempotent: false, serialConsistency: serial };

async function asked<T>(query: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (thrown) {
    throw cassandraFault(tableIn(query), thrown);
  }
}

function settingsOf({ nodes, datacenter, user, password, callTimeoutMs }: CassandraOptions) {
  return {
    contactPoints: nodes.split(','),
    // The driver hears of the other nodes by address only, and takes them to listen on this port.
    protocolOptions: { port: portOf(nodes.split(',')[0]!) },
    localDataCenter: datacenter,
    encoding: { useBigIntAsLong: true },
    socketOptions: { connectTimeout: callTimeoutMs, readTimeout: callTimeoutMs },
    pooling: { heartBeatInterval: HEARTBEAT_MS, coreConnectionsPerHost: { [types.distance.local]: 1 } },
    maxPrepared: 500,
    ...(user === undefined ? {} : { authProvider: new auth.PlainTextAuthProvider(user, password ?? '') }),
  };
}

/** The port of `host:port`, also of `[::1]:port`. */
const portOf = (node: string): number => Number(node.slice(node.lastIndexOf(':') + 1));

function policiesOf(loadBalancing: policies.loadBalancing.LoadBalancingPolicy) {
  return {
    policies: {
      loadBalancing,
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
      speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(SPECULATE_AFTER_MS, 1),
    },
  };
}

/** The table that a statement names, for messages. */
function tableIn(query: string): string {
  return /(?:FROM|INTO|UPDATE|TABLE(?: IF NOT EXISTS)?|KEYSPACE(?: IF NOT EXISTS)?) ([\w.]+)/.exec(query)?.[1] ?? query;
}

function bytesOf(rows: readonly Row[]): number {
  let bytes = 0;
  for (const row of rows)
    for (const value of Object.values(row))
      bytes += typeof value === 'object' ? ((value as Buffer | null)?.length ?? 0) : 8;
  return bytes;
}

/** An answer that a row's fault makes: what may pass is told apart by its class. */
export function failedAnswer(fault: unknown): { status: 'failed'; because: string; fault: Error } {
  const error = fault instanceof Error ? fault : new Retryable('Cassandra', String(fault));
  return { status: 'failed', because: error.message, fault: error };
}

/**
 * The connections of one client: one per server and service, opened on the first question and again after a loss. All
 * callers that ask for a server wait for the same attempt.
 *
 * It also has the gates, which limit how many requests of batches one server handles at a time: a region server with
 * little memory suffers more from a flood of requests than callers suffer from waiting. And it has the pace of each
 * server (pace.ts).
 */
import type { HostPort } from '../process/host-port.ts';
import { closedError } from './errors.ts';
import { openConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { Pace } from './pace.ts';
import type { HBaseAccess, HBaseEvent } from './types.ts';

export type Service = 'ClientService' | 'ClientMetaService' | 'MasterService';

export class Servers {
  private readonly access: HBaseAccess;
  private readonly connectTimeoutMs: number;
  private readonly emit: (event: HBaseEvent) => void;
  private readonly connections = new Map<string, Promise<Connection>>();
  private readonly gates = new Map<string, Gate>();
  private readonly paces = new Map<string, Pace>();
  private closed = false;

  constructor(access: HBaseAccess, connectTimeoutMs: number, emit: (event: HBaseEvent) => void) {
    this.access = access;
    this.connectTimeoutMs = connectTimeoutMs;
    this.emit = emit;
  }

  async connection(server: HostPort, service: Service): Promise<Connection> {
    if (this.closed) throw closedError();
    const key = `${service} ${server}`;
    const known = this.connections.get(key);
    if (known !== undefined) return known;
    const opening = openConnection({
      server,
      service,
      access: this.access,
      timeoutMs: this.connectTimeoutMs,
      onEnd: (reason) => {
        this.connections.delete(key);
        this.emit({ kind: 'disconnected', server, reason });
      },
    });
    this.connections.set(key, opening);
    try {
      const connection = await opening;
      if (this.closed) connection.close('the client was closed');
      else this.emit({ kind: 'connected', server });
      return connection;
    } catch (error) {
      if (this.connections.get(key) === opening) this.connections.delete(key);
      throw error;
    }
  }

  gate(server: string, width: number): Gate {
    let gate = this.gates.get(server);
    if (gate === undefined) this.gates.set(server, (gate = new Gate(width)));
    return gate;
  }

  pace(server: string): Pace {
    let pace = this.paces.get(server);
    if (pace === undefined) this.paces.set(server, (pace = new Pace()));
    return pace;
  }

  async close(): Promise<void> {
    this.closed = true;
    const opened = await Promise.allSettled(this.connections.values());
    for (const one of opened) if (one.status === 'fulfilled') one.value.close('the client was closed');
  }
}

/**
 * Lets `width` pieces of work through at a time. Callers take turns, so that a long batch does not block a short one.
 */
export class Gate {
  private free: number;
  /** The work that waits, by caller; the caller whose turn is next comes first. */
  private readonly queues = new Map<object, (() => void)[]>();

  constructor(width: number) {
    this.free = width;
  }

  async through<T>(caller: object, work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.wait(caller, resolve));
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private wait(caller: object, go: () => void): void {
    const queue = this.queues.get(caller);
    if (queue === undefined) this.queues.set(caller, [go]);
    else queue.push(go);
  }

  private pass(): void {
    const [next] = this.queues;
    if (next === undefined) {
      this.free++;
      return;
    }
    const [caller, [go, ...rest]] = next;
    this.queues.delete(caller);
    if (rest.length > 0) this.queues.set(caller, rest);
    go!();
  }
}

/**
 * Questions to the master, which makes, changes and drops tables: found through ZooKeeper, asked with retries, and
 * where it answers with a procedure, waited for until that has finished. admin.ts knows which questions.
 *
 * A question may reach the master twice, when its first answer was lost; the callers take "exists already" and "not
 * found" for what they are after.
 */
import type { HostPort } from '../process/host-port.ts';
import type { Reach } from './batch.ts';
import { asHBaseError, HBaseError, isResent, serverError } from './errors.ts';
import { messages } from './messages.ts';
import type { MessageCodec, ProcedureStarted } from './messages.ts';
import { pause, withRetry } from './retry.ts';
import type { RetryTerms } from './retry.ts';
import type { Directory } from './zookeeper.ts';

const FINISHED = 2;
const LONGEST_POLL_MS = 250;
/** Tables of many regions take the master longer than a row takes a region server. */
const LEAST_TIMEOUT_MS = 120_000;

export class Master {
  private readonly directory: Directory;
  private readonly reach: Reach;
  private server: HostPort | undefined;

  constructor(directory: Directory, reach: Reach) {
    this.directory = directory;
    this.reach = reach;
  }

  terms(): RetryTerms {
    const { reach } = this;
    return {
      deadline: performance.now() + Math.max(reach.operationTimeoutMs, LEAST_TIMEOUT_MS),
      signal: reach.signal,
      onRetry: (error, attempt) =>
        reach.emit({ kind: 'retried', operation: 'admin', attempt, rows: 0, reason: error.message }),
    };
  }

  ask<Q, A>(method: string, ask: MessageCodec<Q>, message: Q, answer: MessageCodec<A>): Promise<A> {
    return withRetry(this.terms(), async () => {
      try {
        this.server ??= await this.directory.masterServer();
        const connection = await this.reach.servers.connection(this.server, 'MasterService');
        return await connection.ask(method, ask, message, answer, this.reach.callTimeoutMs);
      } catch (thrown) {
        const error = asHBaseError(thrown);
        if (isResent(error)) this.server = undefined;
        throw error;
      }
    });
  }

  /** A question that starts a procedure; returns when that has finished. */
  async carryOut<Q>(method: string, ask: MessageCodec<Q>, message: Q): Promise<void> {
    const started: ProcedureStarted = await this.ask(method, ask, message, messages.procedureStarted);
    const { deadline, signal } = this.terms();
    if (started.proc_id === undefined) return;
    for (let pollMs = 20; ; pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2)) {
      const result = await this.ask(
        'getProcedureResult',
        messages.getProcedureResultRequest,
        { proc_id: started.proc_id },
        messages.procedureResult,
      );
      const failure = result.exception?.generic_exception;
      if (failure !== undefined) throw asFinal(serverError(failure.class_name ?? 'unnamed', failure.message ?? method));
      // A procedure that the master no longer knows has finished: it keeps them for minutes.
      if (result.state === FINISHED || result.state === 0) return;
      if (performance.now() > deadline)
        throw new HBaseError(
          'anew',
          'deadline',
          `${method}: the master is still at procedure ${started.proc_id}`,
          true,
        );
      await pause(pollMs, signal);
    }
  }
}

/** A procedure that failed has been rolled back: waiting for it cannot help, asking for another one may. */
function asFinal(error: HBaseError): HBaseError {
  return isResent(error) ? new HBaseError('anew', error.exception, error.message) : error;
}

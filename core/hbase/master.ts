/**
 * Questions to the master, which creates, changes and drops tables. This file finds the master through ZooKeeper,
 * repeats questions, and waits for the procedures that they start. admin.ts knows the questions.
 *
 * The master may get a question twice, if its first answer was lost: callers treat "exists already" and "not found" as
 * success.
 */
import type { HostPort } from '../process/host-port.ts';
import type { Reach } from './batch.ts';
import { asHBaseError, HBaseError, isResent, serverError } from './errors.ts';
import { messages } from './messages.ts';
import type { MessageCodec } from './messages.ts';
import type { TypedQuestion } from './connection.ts';
import { Patience, pause, withRetry } from './retry.ts';
import type { RetryTerms } from './retry.ts';
import type { Directory } from './zookeeper.ts';

const FINISHED = 2;
const LONGEST_POLL_MS = 250;
/** A table of many regions takes the master longer than a row takes a region server. */
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
      patience: new Patience(Math.max(reach.operationTimeoutMs, LEAST_TIMEOUT_MS)),
      signal: reach.signal,
      onRetry: (error, attempt) =>
        reach.emit({ kind: 'retried', operation: 'admin', attempt, rows: 0, reason: error.message }),
    };
  }

  ask<Q, A>(question: TypedQuestion<Q, A>): Promise<A> {
    return withRetry(this.terms(), async () => {
      try {
        this.server ??= await this.directory.masterServer();
        const connection = await this.reach.servers.connection(this.server, 'MasterService');
        return await connection.ask(question, this.reach.callTimeoutMs);
      } catch (thrown) {
        const error = asHBaseError(thrown);
        if (isResent(error)) this.server = undefined;
        throw error;
      }
    });
  }

  /** Asks a question that starts a procedure; returns when the procedure has finished. */
  async carryOut<Q>(method: string, request: MessageCodec<Q>, message: Q): Promise<void> {
    const started = await this.ask({ method, request, message, response: messages.procedureStarted });
    const { patience, signal } = this.terms();
    if (started.proc_id === undefined) return;
    for (let pollMs = 20; ; pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2)) {
      const result = await this.ask({
        method: 'getProcedureResult',
        request: messages.getProcedureResultRequest,
        message: { proc_id: started.proc_id },
        response: messages.procedureResult,
      });
      const failure = result.exception?.generic_exception;
      if (failure !== undefined) throw asFinal(serverError(failure.class_name ?? 'unnamed', failure.message ?? method));
      // A procedure that the master does not know has finished: the master keeps them for minutes.
      if (result.state === FINISHED || result.state === 0) return;
      if (patience.leftMs < 0)
        throw new HBaseError(
          'anew',
          'deadline',
          `${method}: the master has not finished procedure ${started.proc_id} yet`,
          {
            isAmbiguous: true,
          },
        );
      await pause(pollMs, signal);
    }
  }
}

/** The master has rolled back a failed procedure: waiting cannot help, a new procedure may. */
function asFinal(error: HBaseError): HBaseError {
  return isResent(error) ? new HBaseError('anew', error.exception, error.message) : error;
}

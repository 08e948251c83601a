/**
 * Begins the spans of doubt again once a quorum answers (core/domain/doubt.ts).
 *
 * worker.ts calls it between rounds. The partition goes and comes again for this worker alone: what is in memory of
 * it is
 * dropped, partitions.ts begins at the span, and each record of it is decided and written once more, now by a quorum.
 * What was settled without the others is settled again too.
 */
import type { LogConsumer } from '../core/stores/kafka/types.ts';
import type { Holdings, RoundPorts } from './round-ports.ts';
import { waitsForRereading } from '../core/domain/doubt.ts';

export interface RereadPorts extends Pick<RoundPorts, 'certainty' | 'growth' | 'stamps'> {
  readonly consumer: Pick<LogConsumer, 'again'>;
}

/** Returns the partitions that begin again. */
export function rereadDoubts({ certainty, consumer, growth, stamps }: RereadPorts, { progress }: Holdings): number[] {
  if (certainty.isWeak()) return [];
  const waiting = [...progress.values()].filter(waitsForRereading).map(({ partition }) => partition);
  if (waiting.length === 0) return [];
  growth.forget();
  stamps.forget();
  consumer.again?.(waiting);
  return waiting;
}

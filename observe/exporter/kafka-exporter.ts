/**
 * Answers each scrape with a look at the cluster of that moment.
 *
 * command.ts serves it. Whoever scrapes while a look is under way gets that look, so two Prometheus cost the brokers no
 * more than one. A look that finds no broker by its limit is an answer too, in which `kafka_brokers` is 0: the exporter
 * is well, the cluster is not.
 */
import { Registry } from 'prom-client';
import type { Exposition } from '../../core/process/metrics.ts';
import type { ClusterFacts, ClusterPort } from '../../core/stores/kafka/cluster-facts.ts';
import { messageOf, Retryable } from '../../core/process/errors.ts';
import type { Look } from './kafka-metrics.ts';
import { kafkaMetrics, NOTHING_SEEN } from './kafka-metrics.ts';

export interface ExporterPlan {
  readonly hasTopic: (topic: string) => boolean;
  readonly hasGroup: (group: string) => boolean;
  readonly limitMs: number;
  readonly now: () => number;
  /** Called with what is wrong when it changes; null when all is well again. */
  readonly onFault: (because: string | null) => void;
}

export interface KafkaExporter extends Exposition {
  /** Why the last look failed, or null. */
  fault(): string | null;
}

/** `own`: the metrics of the process, shown behind Kafka's. */
export function kafkaExporter(cluster: ClusterPort, own: Registry, plan: ExporterPlan): KafkaExporter {
  let underWay: Promise<string> | null = null;
  let fault: string | null = null;
  const seen = (because: string | null): void => {
    if (because !== fault) plan.onFault(because);
    fault = because;
  };
  const look = async (): Promise<Look> => {
    const beganMs = plan.now();
    const ended = (facts: ClusterFacts, isUp: boolean): Look => {
      const now = plan.now();
      return { facts, isUp, tookMs: now - beganMs, now };
    };
    const { hasTopic, hasGroup, limitMs } = plan;
    try {
      const facts = await cluster.look({ hasTopic, hasGroup, signal: AbortSignal.timeout(limitMs) });
      seen(facts.faults.length === 0 ? null : facts.faults.join('; '));
      return ended(facts, true);
    } catch (thrown) {
      if (!(thrown instanceof Retryable)) throw thrown;
      seen(messageOf(thrown));
      return ended(NOTHING_SEEN, false);
    }
  };
  const show = async (): Promise<string> => {
    const metrics = kafkaMetrics(await look());
    return Registry.merge([metrics, own]).metrics();
  };
  return {
    contentType: own.contentType,
    metrics: () => (underWay ??= show().finally(() => void (underWay = null))),
    fault: () => fault,
  };
}

/** `sightline kafka-exporter`: what Prometheus asks about Kafka, under the names of the common exporter. */
import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import { runCommand, stopSignal, untilStopped } from '../../core/process/life.ts';
import { createLog } from '../../core/process/log.ts';
import { createRegistry, serveMetrics } from '../../core/process/metrics.ts';
import { announceTarget } from '../../core/process/metrics-target.ts';
import { kafkaCluster } from '../../core/stores/kafka/cluster-facts.ts';
import type { Filters } from './filters.ts';
import { loggedFault, shownBy } from './filters.ts';
import { kafkaExporter } from './kafka-exporter.ts';

const ALL = /.*/;
const NONE = /^$/;

export function kafkaExporterCommand(): Command {
  return new Command('kafka-exporter')
    .description('show topics, consumer groups and their lag to Prometheus, until told to stop (SIGINT, SIGTERM)')
    .option('--topics <pattern>', 'topics to show', pattern, ALL)
    .option('--except-topics <pattern>', 'topics not to show', pattern, NONE)
    .option('--groups <pattern>', 'consumer groups to show', pattern, ALL)
    .option('--except-groups <pattern>', 'consumer groups not to show', pattern, NONE)
    .addHelpText('after', help)
    .action((filters: Filters) => runCommand(() => runKafkaExporter(readConfig(), filters)));
}

async function runKafkaExporter(config: Config, filters: Filters): Promise<void> {
  const signal = stopSignal();
  const log = createLog('kafka-exporter', config.LOG_LEVEL);
  const exporter = kafkaExporter(kafkaCluster(config), createRegistry('kafka-exporter'), {
    ...shownBy(filters),
    limitMs: config.KAFKA_EXPORTER_SECONDS * 1_000,
    now: Date.now,
    onFault: loggedFault(log),
  });
  const where = { host: config.BIND, port: config.KAFKA_EXPORTER_PORT, variable: 'KAFKA_EXPORTER_PORT' };
  const server = await serveMetrics(exporter, where, exporter.fault);
  const forget = announceTarget(config, 'kafka-exporter', server.port);
  log.info({ port: server.port }, 'metrics');
  try {
    await untilStopped(signal);
  } finally {
    forget();
    await server.close();
    log.info('stopped');
  }
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    throw new InvalidArgumentError('A regular expression was expected, such as "^detections".');
  }
}

const help = `
Patterns are regular expressions, found anywhere in a name unless they say ^ and $.

Environment:
  KAFKA_BROKERS           the brokers (127.0.0.1:9092)
  KAFKA_EXPORTER_PORT     /metrics, /healthz and /readyz (9308; 0: any free port, named in the log)
  KAFKA_EXPORTER_SECONDS  how long one look at the brokers may take (8); what did not answer by then is left out
  BIND                    the address to listen on (127.0.0.1)

Exit codes: 0 stopped, 2 usage. While no broker answers it goes on, and kafka_brokers and kafka_exporter_up are 0.`;

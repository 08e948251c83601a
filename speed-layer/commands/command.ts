/** `sightline speed`: one speed worker, as many as there are partitions to share; or the engine on Spark. */
import { Command, Option } from 'commander';
import { readConfig } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { runCommand } from '../../core/process/life.ts';
import { runSpeedLayer } from '../main.ts';
import type { TriggerName } from '../spark/plan.ts';
import { TRIGGERS } from '../spark/plan.ts';
import { runSparkEngine } from '../spark/supervisor.ts';

interface Options {
  readonly engine: 'worker' | 'spark';
  readonly trigger?: TriggerName;
}

export function speedCommand(): Command {
  return new Command('speed')
    .description('count detections as they are published, until told to stop (SIGINT, SIGTERM)')
    .addOption(new Option('--engine <name>', 'what reads the log').choices(['worker', 'spark']).default('worker'))
    .addOption(new Option('--trigger <name>', 'with --engine spark: how Spark reads').choices(TRIGGERS))
    .addHelpText('after', help)
    .action((options: Options) => runCommand(() => run(options)));
}

async function run({ engine, trigger }: Options): Promise<void> {
  if (engine === 'spark') return runSparkEngine(readConfig(), trigger ?? 'microbatch');
  if (trigger !== undefined) throw new Refusal(EXIT.usage, '--trigger is for "--engine spark".');
  return runSpeedLayer(readConfig());
}

const help = `
Workers of one group share the partitions; any number may run, on any machine, and any may be killed.

--engine spark: one supervisor runs a Structured Streaming query, which does the same with the same rows and cells
(docs/spark.md). It needs "sightline spark setup", and a group without workers. Triggers: microbatch (the default),
realtime (fresher; needs a slot for each partition).

Environment:
  KAFKA_BROKERS, KAFKA_TOPIC, KAFKA_GROUP   the log (127.0.0.1:9092, detections, sightline.speed)
  KAFKA_DEAD_LETTER_TOPIC                   where dead letters go (the topic's name and .dlq)
  HBASE_ZOOKEEPER, HBASE_NAMESPACE          the counts (127.0.0.1:2181, sightline)
  EPOCH_SECONDS, DEDUP_WINDOW_DAYS          must be the recorded ones
  SPEED_LINGER_MS                           least time between two rounds (100)
  SPEED_ROUND_RECORDS                       most records in a round (20000)
  SPEED_CACHED_CELLS                        count cells kept in memory (1000000)
  METRICS_PORT                              /metrics, /healthz and /readyz (0: any free port, named in the log)
  SPARK_MASTER, SPARK_HOME                  with --engine spark: local[N] (a slot for each partition), spark://host:port
  SPARK_DRIVER_HOST, SPARK_SUBMIT_OPTIONS   or yarn; a Spark that is there already; where executors of a cluster reach
                                            this machine; more options of spark-submit

Exit codes: 0 stopped, 2 usage, 4 the log is not the one that was counted, 5 another worker is ahead, or the group has
members of the other engine (start again).`;

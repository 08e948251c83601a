/** `sightline speed`: one speed worker; start as many as there are partitions to share. */
import { Command } from 'commander';
import { readConfig } from '../core/process/config.ts';
import { runCommand } from '../core/process/life.ts';
import { runSpeedLayer } from './main.ts';

export function speedCommand(): Command {
  return new Command('speed')
    .description('count detections as they are published, until told to stop (SIGINT, SIGTERM)')
    .addHelpText('after', help)
    .action(() => runCommand(() => runSpeedLayer(readConfig())));
}

const help = `
Workers of one group share the partitions; any number may run, on any machine, and any may be killed.

Environment:
  KAFKA_BROKERS, KAFKA_TOPIC, KAFKA_GROUP   the log (127.0.0.1:9092, detections, sightline.speed)
  KAFKA_DEAD_LETTER_TOPIC                   where dead letters go (the topic's name and .dlq)
  HBASE_ZOOKEEPER, HBASE_NAMESPACE          the counts (127.0.0.1:2181, sightline)
  EPOCH_SECONDS, DEDUP_WINDOW_DAYS          must be the recorded ones
  SPEED_LINGER_MS                           least time between two rounds (100)
  SPEED_ROUND_RECORDS                       most records in a round (20000)
  SPEED_CACHED_CELLS                        count cells kept in memory (1000000)
  METRICS_PORT                              /metrics, /healthz and /readyz (0: any free port, named in the log)

Exit codes: 0 stopped, 2 usage, 4 the log is not the one that was counted, 5 another worker is ahead (start again).`;

/**
 * The sub-commands of `sightline`, by name; each part brings its own, so that what a command can do is written where it
 * is done.
 *
 * sightline.ts loads those that are asked for, because the native drivers behind some of them take a moment.
 */
import type { Command } from 'commander';

export const PARTS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./hadoop-compose/start/command.ts')).startCommand(),
  cluster: async () => (await import('./hadoop-compose/cluster/command.ts')).clusterCommand(),
  prepare: async () => (await import('./admin/prepare/command.ts')).prepareCommand(),
  reference: async () => (await import('./admin/reference/command.ts')).referenceCommand(),
  produce: async () => (await import('./hadoop-compose/cameras/command.ts')).produceCommand(),
  doctor: async () => (await import('./hadoop-compose/doctor/command.ts')).doctorCommand(),
  spark: async () => (await import('./hadoop-compose/spark/command.ts')).sparkCommand(),
  speed: async () => (await import('./speed-layer/command.ts')).speedCommand(),
  batch: async () => (await import('./batch-layer/commands/command.ts')).batchCommand(),
  serve: async () => (await import('./serving/server/command.ts')).serveCommand(),
  config: async () => (await import('./admin/config/command.ts')).configCommand(),
  topic: async () => (await import('./admin/topic/command.ts')).topicCommand(),
  dlq: async () => (await import('./admin/dead-letters/command.ts')).deadLettersCommand(),
  user: async () => (await import('./serving/server/command.ts')).userCommand(),
};

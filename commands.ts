/**
 * The sub-commands of `sightline`, by name. Each is defined in the folder that carries it out.
 *
 * sightline.ts loads only the sub-command that is called, because some of them load native drivers, which takes time.
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
  speed: async () => (await import('./speed-layer/commands/command.ts')).speedCommand(),
  batch: async () => (await import('./batch-layer/commands/command.ts')).batchCommand(),
  forget: async () =>
    (await import('./batch-layer/commands/forget.ts')).forgetCommand(
      async () => (await import('./footage/forget.ts')).eraseFootage,
    ),
  serve: async () => (await import('./serving/server/command.ts')).serveCommand(),
  config: async () => (await import('./admin/config/command.ts')).configCommand(),
  rows: async () => (await import('./admin/rows/command.ts')).rowsCommand(),
  topic: async () => (await import('./admin/topic/command.ts')).topicCommand(),
  dlq: async () => (await import('./admin/dead-letters/command.ts')).deadLettersCommand(),
  'kafka-exporter': async () => (await import('./observe/exporter/command.ts')).kafkaExporterCommand(),
  observe: async () => (await import('./hadoop-compose/observe/command.ts')).observeCommand(),
  footage: async () => (await import('./footage/command.ts')).footageCommand(),
  trace: async () => (await import('./admin/trace/command.ts')).traceCommand(),
  user: async () => (await import('./serving/server/command.ts')).userCommand(),
};

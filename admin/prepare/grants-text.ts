/**
 * The grants of grants.ts as an administrator of the three systems types them: `sightline prepare --print-grants`.
 *
 * Pure. Everything may be repeated; a namespace that exists makes HBase's shell say so and go on.
 */
import type { Config } from '../../core/process/config.ts';
import type { Acl } from '../../core/stores/kafka/acls.ts';
import type { LayerName } from './grants.ts';
import { grantsFor } from './grants.ts';

type Settings = Parameters<typeof grantsFor>[0] & Pick<Config, 'KAFKA_BROKERS'>;

export function grantsText(config: Settings, userOf: (layer: LayerName) => string): string {
  const { kafka, hbase, hdfs } = grantsFor(config, userOf);
  return [
    '# Kafka, as one of its administrators (admin.properties says how the tools sign in):',
    ...aclLines(config, kafka),
    '',
    "# HBase, as one of its administrators, in 'hbase shell':",
    `create_namespace '${config.HBASE_NAMESPACE}'`,
    ...hbase.map(({ user, actions }) => `grant '${user}', '${actions}', '@${config.HBASE_NAMESPACE}'`),
    '',
    '# HDFS, as its superuser:',
    ...hdfs.flatMap(({ path, owner, mode }) => [
      `hdfs dfs -mkdir -p ${path}`,
      `hdfs dfs -chown ${owner} ${path}`,
      `hdfs dfs -chmod ${mode} ${path}`,
    ]),
    '',
  ].join('\n');
}

/** One line for each user and resource. */
function aclLines({ KAFKA_BROKERS }: Settings, acls: readonly Acl[]): string[] {
  const byResource = new Map<string, { first: Acl; operations: string[] }>();
  for (const acl of acls) {
    const key = `${acl.user} ${acl.kind} ${acl.name}`;
    const known = byResource.get(key) ?? { first: acl, operations: [] };
    known.operations.push(acl.operation);
    byResource.set(key, known);
  }
  return [...byResource.values()].map(({ first: { user, kind, name }, operations }) =>
    [
      `kafka-acls.sh --bootstrap-server ${KAFKA_BROKERS} --command-config admin.properties --add`,
      `--allow-principal User:${user} --${kind} ${name}`,
      ...operations.map((operation) => `--operation ${toolName(operation)}`),
    ].join(' '),
  );
}

/** DESCRIBE_CONFIGS is DescribeConfigs to the tool. */
function toolName(operation: string): string {
  return operation
    .split('_')
    .map((word) => word[0] + word.slice(1).toLowerCase())
    .join('');
}

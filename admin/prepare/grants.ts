/**
 * What each layer must be allowed to do, and nothing more: Kafka's ACLs, HBase's grants, HDFS's owners.
 *
 * The secured stack gives its users exactly these (hadoop-compose/cluster/admit-users.ts). A test takes each away and
 * finds it named: what Kafka allows along with another right (rights.ts) is not listed. Pure: names of topics, group,
 * namespace and root come from the configuration, users from the caller.
 */
import type { Config } from '../../core/process/config.ts';
import type { Acl } from '../../core/stores/kafka/acls.ts';
import { LAKE } from '../../core/layout/lake.ts';

export const LAYER_NAMES = ['speed', 'batch', 'serving', 'prepare', 'operator', 'cameras'] as const;
export type LayerName = (typeof LAYER_NAMES)[number];

export interface NamespaceGrant {
  readonly user: string;
  /** Letters of RWXCA: read, write, execute, create, administer. */
  readonly actions: string;
}

export interface FolderGrant {
  readonly path: string;
  readonly owner: string;
  readonly mode: string;
}

export interface Grants {
  readonly kafka: readonly Acl[];
  readonly hbase: readonly NamespaceGrant[];
  readonly hdfs: readonly FolderGrant[];
}

type Names = Pick<
  Config,
  'KAFKA_TOPIC' | 'KAFKA_DEAD_LETTER_TOPIC' | 'KAFKA_GROUP' | 'HBASE_NAMESPACE' | 'SIGHTLINE_ROOT'
>;

/** The group name of readers that belong to no group (core/stores/kafka/reader.ts). */
const READER_GROUP = 'sightline.reader';

/** `userOf`: how Kafka, HBase and HDFS call the user that a layer runs as. */
export function grantsFor(names: Names, userOf: (layer: LayerName) => string): Grants {
  const { KAFKA_TOPIC: log, KAFKA_DEAD_LETTER_TOPIC: deadLetters, KAFKA_GROUP: group, SIGHTLINE_ROOT: root } = names;
  const acl = (layer: LayerName, kind: Acl['kind'], name: string, ...operations: Acl['operation'][]): Acl[] =>
    operations.map((operation) => ({ user: userOf(layer), kind, name, operation }));
  const folder = (path: string, layer: LayerName): FolderGrant => ({ path, owner: userOf(layer), mode: '0755' });
  return {
    kafka: [
      ...acl('speed', 'topic', log, 'READ', 'WRITE', 'DESCRIBE_CONFIGS'),
      ...acl('speed', 'topic', deadLetters, 'WRITE', 'DESCRIBE_CONFIGS'),
      ...acl('speed', 'group', group, 'READ'),
      ...acl('batch', 'topic', log, 'READ', 'WRITE', 'DESCRIBE_CONFIGS'),
      ...acl('batch', 'topic', deadLetters, 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...acl('batch', 'group', READER_GROUP, 'READ'),
      ...acl('serving', 'topic', log, 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...acl('serving', 'topic', deadLetters, 'DESCRIBE', 'DESCRIBE_CONFIGS'),
      ...acl('prepare', 'topic', log, 'CREATE', 'DESCRIBE', 'ALTER_CONFIGS'),
      ...acl('prepare', 'topic', deadLetters, 'CREATE', 'DESCRIBE', 'ALTER_CONFIGS'),
      ...acl('operator', 'topic', log, 'READ', 'WRITE', 'ALTER', 'ALTER_CONFIGS'),
      ...acl('operator', 'topic', deadLetters, 'READ', 'DESCRIBE_CONFIGS'),
      ...acl('operator', 'group', group, 'DESCRIBE'),
      ...acl('operator', 'group', READER_GROUP, 'READ'),
      ...acl('cameras', 'topic', log, 'WRITE', 'DESCRIBE_CONFIGS'),
    ],
    hbase: [
      // C too: HBase shows a table's schema, with the time to live that both check, to nobody who may not change it.
      { user: userOf('speed'), actions: 'RWC' },
      { user: userOf('batch'), actions: 'RWC' },
      { user: userOf('serving'), actions: 'R' },
      { user: userOf('prepare'), actions: 'RWCA' },
      { user: userOf('operator'), actions: 'RWC' },
    ],
    hdfs: [folder(root, 'prepare'), folder(`${root}/${LAKE}`, 'batch'), folder(`${root}/footage`, 'operator')],
  };
}

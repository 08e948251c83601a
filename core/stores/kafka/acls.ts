/**
 * Kafka's ACLs: who may do what with a topic or a group. For an administrator; the secured stack gives its users theirs
 * here (hadoop-compose/cluster/admit-users.ts).
 */
import kafkajs from 'kafkajs';
import type { KafkaSettings } from './client-config.ts';
import { kafkaJsFault } from './faults.ts';
import { kafkaJsClient } from './kafkajs-client.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const ANSWER_LIMIT_MS = 20_000;

export interface Acl {
  readonly user: string;
  readonly kind: 'topic' | 'group';
  readonly name: string;
  readonly operation: 'READ' | 'WRITE' | 'CREATE' | 'ALTER' | 'DESCRIBE' | 'DESCRIBE_CONFIGS' | 'ALTER_CONFIGS';
}

/** As kafkajs names it, also where one is to be found again; from any address. */
export const allowance = ({ user, kind, name, operation }: Acl): kafkajs.AclEntry => ({
  principal: `User:${user}`,
  host: '*',
  resourceType: kind === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
  resourceName: name,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  operation: AclOperationTypes[operation],
  permissionType: AclPermissionTypes.ALLOW,
});

/** Allows each of these, from any address. Repeating it changes nothing. */
export async function allow(settings: Omit<KafkaSettings, 'KAFKA_TOPIC'>, acls: readonly Acl[]): Promise<void> {
  const admin = kafkaJsClient(settings, 'sightline.admin', ANSWER_LIMIT_MS).admin();
  try {
    await admin.connect();
    await admin.createAcls({ acl: acls.map(allowance) });
  } catch (thrown) {
    throw kafkaJsFault(`Kafka at ${settings.KAFKA_BROKERS}`, thrown);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

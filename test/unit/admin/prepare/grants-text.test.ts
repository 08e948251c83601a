/** What administrators grant, as they type it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grantsText } from '../../../../admin/prepare/grants-text.ts';
import { neededRights } from '../../../../admin/prepare/rights.ts';
import { readConfig } from '../../../../core/process/config.ts';

const config = readConfig({
  KAFKA_BROKERS: 'b1:9093',
  SIGHTLINE_ROOT: '/apps/sightline',
  HBASE_NAMESPACE: 'sl',
} as never);

test('each layer has its lines, with the name that its user has', () => {
  const text = grantsText(config, (layer) => (layer === 'speed' ? 'svc_speed' : layer));
  const acls = text.split('\n').filter((line) => line.startsWith('kafka-acls.sh'));
  assert.ok(
    acls.includes(
      'kafka-acls.sh --bootstrap-server b1:9093 --command-config admin.properties --add --allow-principal ' +
        'User:svc_speed --topic detections --operation Read --operation Write --operation DescribeConfigs',
    ),
    text,
  );
  assert.ok(!text.includes('User:speed'));
  for (const line of ["create_namespace 'sl'", "grant 'svc_speed', 'RWC', '@sl'", "grant 'serving', 'R', '@sl'"])
    assert.ok(text.includes(`\n${line}\n`), line);
  assert.match(text, /hdfs dfs -chown batch \/apps\/sightline\/lake\n/);
});

test('serving may look at the lake and not change it, whatever else it may', () => {
  const rights = [...neededRights(config, 'serving')];
  assert.deepEqual(
    rights.filter((right) => /WRITE|ALTER|CREATE|: [WXCAw]$/.test(right)),
    [],
  );
  assert.ok(rights.includes('HDFS /apps/sightline/lake: r'));
  assert.ok(neededRights(config, 'batch').has('HDFS /apps/sightline/lake: w'));
});

/** How Spark enters HDFS with Kerberos: by its own sign-in and the cluster's configuration, or not at all. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig } from '../../../../../core/process/config.ts';
import { Refusal } from '../../../../../core/process/errors.ts';
import { sparkEntrance } from '../../../../../core/stores/spark/entrance.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-entrance-'));
const keytab = join(folder, 'batch.keytab');
writeFileSync(keytab, '');
after(() => rmSync(folder, { recursive: true }));

const KERBEROS = {
  NODE_ENV: 'test',
  HDFS_AUTH: 'kerberos',
  WEBHDFS_URL: 'https://namenode:9871',
  HADOOP_PRINCIPAL: 'batch@EXAMPLE.ORG',
  HADOOP_KEYTAB: keytab,
} as const;
const refusedWith = (words: RegExp) => (fault: unknown) =>
  fault instanceof Refusal && fault.exitCode === 2 && words.test(fault.message);

test('Spark gets the principal and its keytab, and the name of HDFS from the cluster', async () => {
  writeFileSync(
    join(folder, 'core-site.xml'),
    '<configuration><property>\n<name>fs.defaultFS</name>\n<value>hdfs://cluster/</value></property></configuration>',
  );
  const { url, options } = await sparkEntrance(readConfig({ ...KERBEROS, HADOOP_CONF_DIR: folder }));
  assert.equal(url, 'hdfs://cluster');
  assert.deepEqual(options.slice(0, 4), ['--principal', 'batch@EXAMPLE.ORG', '--keytab', keytab]);
  const named = await sparkEntrance(readConfig({ ...KERBEROS, HADOOP_CONF_DIR: folder, HDFS_URL: 'hdfs://other' }));
  assert.equal(named.url, 'hdfs://other');
});

test('without the configuration of the cluster, and on a master that hands out no tickets, it refuses', async () => {
  await assert.rejects(sparkEntrance(readConfig(KERBEROS)), refusedWith(/set HADOOP_CONF_DIR/));
  const standalone = { ...KERBEROS, HADOOP_CONF_DIR: folder, SPARK_MASTER: 'spark://host:7077' };
  await assert.rejects(sparkEntrance(readConfig(standalone)), refusedWith(/executors .* get no ticket/));
  await assert.rejects(
    sparkEntrance(readConfig({ ...KERBEROS, HADOOP_CONF_DIR: join(folder, 'nowhere') })),
    refusedWith(/core-site\.xml cannot be read/),
  );
});

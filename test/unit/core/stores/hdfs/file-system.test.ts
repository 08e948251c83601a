/**
 * What a NameNode says of itself, and what becomes of an answer that does not come, or breaks off.
 */
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { Retryable } from '../../../../../core/process/errors.ts';
import { fileSystemOf } from '../../../../../core/stores/hdfs/file-system.ts';

const ends: (() => void)[] = [];
after(() => ends.forEach((end) => end()));

async function nameNode(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const CONF = `<configuration><property><name>fs.defaultFS</name><value>hdfs://namenode:8020/</value></property>
  <property><name>dfs.replication</name><value>2</value></property></configuration>`;

test('the NameNode tells its name and how often it keeps a block; HDFS_URL wins', async () => {
  const WEBHDFS_URL = await nameNode((_, response) => response.end(CONF));
  assert.deepEqual(await fileSystemOf({ WEBHDFS_URL }), { url: 'hdfs://namenode:8020', replication: '2' });
  const HDFS_URL = 'hdfs://cluster';
  assert.deepEqual(await fileSystemOf({ WEBHDFS_URL, HDFS_URL }), { url: HDFS_URL, replication: '2' });
});

test('an answer that breaks off after it has begun can be asked for again', async () => {
  const WEBHDFS_URL = await nameNode((_, response) => {
    response.writeHead(200, { 'content-length': CONF.length });
    response.write(CONF.slice(0, 20), () => response.destroy());
  });
  await assert.rejects(
    fileSystemOf({ WEBHDFS_URL }),
    (fault) => fault instanceof Retryable && /could not be read from http.*\/conf/.test(fault.message),
  );
});

test('a NameNode that is away can be asked again', async () => {
  await assert.rejects(fileSystemOf({ WEBHDFS_URL: 'http://127.0.0.1:1' }), Retryable);
});

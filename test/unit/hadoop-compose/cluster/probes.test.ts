/**
 * A region server stays ready while HBase renews its beans.
 *
 * Method: one HTTP server is master, region server and NameNode; it leaves out the region server's bean for some looks,
 * as HBase does for half a second.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { regionserverReady as readyAt } from '../../../../hadoop-compose/cluster/probes.ts';
import { portsFrom } from '../../../../hadoop-compose/stack/ports.ts';
import type { Stack } from '../../../../hadoop-compose/stack/stack.ts';

const NAME = '127.0.0.1,16020,1';
let missing = 0;
const hbase = createServer(({ url = '' }, response) => {
  response.setHeader('content-type', 'application/json');
  if (url.startsWith('/webhdfs')) return void response.end('{"FileStatuses":{"FileStatus":[]}}');
  const isMaster = url.includes('Master');
  if (!isMaster && missing > 0) {
    missing -= 1;
    return void response.end('{"beans":[]}');
  }
  const own = { 'tag.serverName': NAME, regionCount: 3 };
  const master = { 'tag.liveRegionServers': NAME, masterFinishedInitializationTime: 1 };
  response.end(JSON.stringify({ beans: [isMaster ? master : own] }));
});
const ready = readyAt('regionserverInfo');
let stack: Stack;

before(async () => {
  hbase.listen(0, '127.0.0.1');
  await new Promise((resolve) => hbase.once('listening', resolve));
  const { port } = hbase.address() as AddressInfo;
  const ports = { ...portsFrom({}), regionserverInfo: port, masterInfo: port, namenodeHttp: port };
  stack = { folder: '/nowhere', jarsFolder: '/nowhere', ports };
});

after(() => void hbase.close());

test('beans that are away for a moment do not make it unready', async () => {
  missing = 3;
  assert.equal(await ready(stack), undefined);
});

test('beans that stay away do, and the reason names the port', async () => {
  missing = Infinity;
  await assert.rejects(ready(stack), new RegExp(`RegionServer.* on port ${stack.ports.masterInfo} yet`));
});

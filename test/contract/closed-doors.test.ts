/**
 * What the stack of one machine refuses, asked of its real servers: code that a table brings along, writes by another
 * user, and what a page of another site makes a browser send. They run with what `hadoop-compose/cluster/conf` writes,
 * as every other contract test.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { userInfo } from 'node:os';
import { after, before, test } from 'node:test';
import { readConfig } from '../../core/process/config.ts';
import { Refusal } from '../../core/process/errors.ts';
import { messages } from '../../core/hbase/messages.ts';
import { encodeSchema } from '../../core/hbase/schema.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openHBase } from '../../core/stores/room/hbase-store.ts';
import { eventually } from '../support/main-job.ts';
import { masterOf } from '../support/hbase-master.ts';

type Asked = ReturnType<typeof masterOf>;
const name = `contract_${randomBytes(4).toString('hex')}`;
const config = readConfig({ ...process.env, SIGHTLINE_ROOT: `/sightline/${name}`, HBASE_NAMESPACE: name });
const files = hdfs(config);
const hbase = openHBase(config);
const patient = masterOf(config.HBASE_ZOOKEEPER, config.HBASE_ZNODE);
/**
 * Comes with HBase's own jars and does nothing at tables other than meta: servers that run code of tables are not
 * harmed by it.
 */
const CODE = 'org.apache.hadoop.hbase.coprocessor.MetaTableMetrics';
const AS_BYTES = { encode: (bytes: Buffer) => bytes, decode: (bytes: Buffer) => bytes };
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const FORM = {
  'user-agent': BROWSER,
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'https://elsewhere.example',
};

before(() => hbase.admin.ensureNamespace(name));
after(async () => {
  await hbase.admin.dropTable(`${name}:plain`);
  await hbase.admin.dropTable(`${name}:jar`);
  await hbase.admin.dropNamespace(name);
  await Promise.all([hbase.close(), patient.close()]);
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
});

async function createTable({ master }: Asked, table: string, jar: string): Promise<void> {
  const schema = encodeSchema({ name: `${name}:${table}`, families: [{ name: 'f', maxVersions: 1 }] });
  const coprocessor = { first: Buffer.from('coprocessor$1'), second: Buffer.from(`${jar}|${CODE}|1073741823|`) };
  await master.carryOut('CreateTable', messages.createTableRequest, {
    table_schema: { ...schema, attributes: [...schema.attributes, coprocessor] },
    split_keys: [],
  });
}

/**
 * What the servers tell the master of themselves: names of their regions and of the code that is loaded, among much
 * else.
 */
const servers = (): Promise<string> =>
  patient.master
    .ask({ method: 'GetClusterStatus', request: AS_BYTES, message: Buffer.alloc(0), response: AS_BYTES })
    .then((bytes) => bytes.toString('latin1'));

test('code that a table names is not loaded by a region server, and what HBase itself needs is', async () => {
  await createTable(patient, 'plain', '');
  const told = await eventually('the region', servers, (text) => text.includes(`${name}:plain,,`), 30_000);
  assert.ok(told.includes('MultiRowMutationEndpoint'), 'regions of meta can be split and merged');
  assert.ok(!told.includes(CODE.split('.').at(-1)!), `${CODE} was loaded`);
});

test('a table that brings a jar is refused', async () => {
  const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
  await files.write('code.jar', emptyZip);
  const reason = await new Promise<string>((resolve, reject) => {
    const asked = masterOf(config.HBASE_ZOOKEEPER, config.HBASE_ZNODE, (said) => {
      resolve(said);
      void asked.close();
    });
    createTable(asked, 'jar', `${config.SIGHTLINE_ROOT}/code.jar`).then(
      () => reject(new Error('the table was made')),
      reject,
    );
  });
  assert.match(reason, /Loading .*MetaTableMetrics DENIED in hbase\.coprocessor\.region\.whitelist\.paths/);
  assert.equal(await hbase.admin.describeTable(`${name}:jar`), null);
});

test("another user may read, and may write neither below our root, nor beside it, nor in HBase's folder", async () => {
  await files.write('lake/ours', Buffer.from('ours'));
  const others = hdfs({ ...config, HADOOP_USER: 'mallory' });
  assert.equal((await others.read('lake/ours')).toString(), 'ours');
  const isRefused = (fault: unknown): boolean =>
    fault instanceof Refusal &&
    fault.exitCode === 2 &&
    /Permission denied: user=mallory/.test(fault.message) &&
    /\(HADOOP_USER, or the first part of HADOOP_PRINCIPAL\) must be allowed/.test(fault.message);
  await assert.rejects(others.write('lake/ours', Buffer.from('theirs')), isRefused);
  await assert.rejects(others.rename('lake/ours', 'lake/theirs'), isRefused);
  await assert.rejects(others.remove('lake/ours'), isRefused);
  await assert.rejects(
    hdfs({ ...config, HADOOP_USER: 'mallory', SIGHTLINE_ROOT: '/' }).makeFolder('elsewhere'),
    isRefused,
  );
  // Sightline itself is no superuser either: HBase's files are not its own.
  await assert.rejects(
    hdfs({ ...config, SIGHTLINE_ROOT: '/hbase' }).makeFolder('elsewhere'),
    (fault) => fault instanceof Refusal && /Permission denied: user=/.test(fault.message),
  );
  assert.equal((await files.read('lake/ours')).toString(), 'ours');
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string;
}

/** As plain as it can be: fetch sets a header or two of its own, and follows. */
function ask(method: string, url: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text, location: response.headers.location ?? '' }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('what a page makes a browser send changes nothing: neither at the NameNode nor at a DataNode', async () => {
  await files.write('lake/kept', Buffer.from('kept'));
  const at = (path: string, query: Record<string, string>): string =>
    `${config.WEBHDFS_URL}/webhdfs/v1${config.SIGHTLINE_ROOT}/${path}?${new URLSearchParams({ 'user.name': config.HADOOP_USER, ...query })}`;
  const truncate = at('lake/kept', { op: 'TRUNCATE', newlength: '0' });
  const refused = await ask('POST', truncate, FORM);
  assert.equal(refused.status, 400, refused.text);
  assert.match(refused.text, /Missing Required Header for CSRF/);
  for (const user of [config.HADOOP_USER, userInfo().username]) {
    assert.equal((await ask('DELETE', at('lake/kept', { op: 'DELETE', 'user.name': user }), FORM)).status, 400, user);
  }

  const create = await ask('PUT', at('lake/made', { op: 'CREATE', noredirect: 'false' }), { 'x-xsrf-header': '1' });
  assert.equal(create.status, 307, create.text);
  assert.equal((await ask('PUT', create.location, FORM)).status, 400);
  assert.equal(await files.facts('lake/made'), null);
  assert.equal((await files.read('lake/kept')).toString(), 'kept');
  assert.equal(
    (await ask('POST', truncate, { ...FORM, 'x-xsrf-header': '1' })).status,
    200,
    'with the header it is an order like any other',
  );
});

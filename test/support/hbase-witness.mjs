/**
 * hbase-rpc-client as an independent witness: another program's reading and writing of the same table.
 *
 *   node hbase-witness.mjs ZOOKEEPER ZNODE TABLE put FAMILY ROW QUALIFIER VALUE TIMESTAMP     (keys and values in hexadecimal)
 *   node hbase-witness.mjs ZOOKEEPER ZNODE TABLE get FAMILY ROW QUALIFIER                     → {"value": hex, "timestamp": n} or null
 *   node hbase-witness.mjs ZOOKEEPER ZNODE TABLE checkAndPut FAMILY ROW QUALIFIER EXPECTED VALUE TIMESTAMP   → true or false
 *
 * A process of its own, because that client cannot be closed and may end its process.
 */
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';

const hbase = createRequire(import.meta.url)('hbase-rpc-client');
const [zookeeper, znode, table, what, family, ...rest] = process.argv.slice(2);
const client = hbase({
  zookeeperHosts: zookeeper.split(','),
  zookeeperRoot: znode,
  tcpNoDelay: true,
  realUser: 'witness',
  effectiveUser: 'witness',
});
client.on('error', (error) => finish(error));

function finish(error, answer) {
  if (error) process.stderr.write(`${error.stack ?? error}\n`, () => process.exit(1));
  else process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}

const bytes = (hex) => Buffer.from(hex, 'hex');

function put(row, qualifier, value, timestamp) {
  const one = new hbase.Put(bytes(row), Number(timestamp));
  one.add(family, bytes(qualifier), bytes(value));
  return one;
}

if (what === 'put') {
  const [row, qualifier, value, timestamp] = rest;
  client.put(table, put(row, qualifier, value, timestamp), (error) => finish(error, true));
} else if (what === 'checkAndPut') {
  const [row, qualifier, expected, value, timestamp] = rest;
  client.checkAndPut(
    table,
    bytes(row),
    family,
    bytes(qualifier),
    bytes(expected),
    put(row, qualifier, value, timestamp),
    (error, answer) => finish(error, answer?.processed ?? answer),
  );
} else {
  const [row, qualifier] = rest;
  client.get(table, new hbase.Get(bytes(row)), (error, found) => {
    const cell = found?.columns?.find((one) =>
      Buffer.from(one.qualifier.toBuffer?.() ?? one.qualifier).equals(bytes(qualifier)),
    );
    finish(
      error,
      cell
        ? {
            value: Buffer.from(cell.value.toBuffer?.() ?? cell.value).toString('hex'),
            timestamp: Number(cell.timestamp),
          }
        : null,
    );
  });
}

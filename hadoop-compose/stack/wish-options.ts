/** Options of commands that start a stack: what it consists of (row-store.ts). */
import { InvalidArgumentError, Option } from 'commander';

export const storesOption = (): Option =>
  new Option('--stores <name>', 'what keeps the rows (hbase; on a stack that exists, what it has)').choices([
    'hbase',
    'cassandra',
  ]);

export const cassandraNodesOption = (): Option =>
  new Option('--cassandra-nodes <n>', 'Cassandra on so many nodes keeps the rows: 1, or 3 of which one may fail')
    .choices(['1', '3'])
    .argParser((text) => {
      if (text === '1' || text === '3') return Number(text);
      throw new InvalidArgumentError('Allowed choices are 1, 3.');
    });

export const haOption = (): Option =>
  new Option('--ha', 'two NameNodes, masters and region servers, and three brokers: any one may fail');

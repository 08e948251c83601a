/**
 * Namespaces, tables and regions: what set-up, `config change` and the tests ask of the master. Every command may be
 * repeated: what is there already, or gone already, is what was asked for.
 */
import type { Reach } from './batch.ts';
import { HBaseError } from './errors.ts';
import type { Master } from './master.ts';
import { messages } from './messages.ts';
import type { TableDescriptor } from './messages.ts';
import { tableName } from './meta.ts';
import type { Region, TableRegions } from './regions.ts';
import { withRetry } from './retry.ts';
import { changeFamilies, decodeSchema, encodeSchema } from './schema.ts';
import type { HBaseAdmin } from './types.ts';

const ENCODED_NAME = 2;

/** Reads meta until it shows what `holds` asks for. */
type Shown = (table: string, holds: (regions: TableRegions) => boolean, otherwise: string) => Promise<void>;

export function hbaseAdmin(reach: Reach, master: Master): HBaseAdmin {
  const shown: Shown = (table, holds, otherwise) =>
    withRetry(master.terms(), async () => {
      const regions = await readAnew(reach, table).catch((error: unknown) => {
        if (error instanceof HBaseError && error.exception === 'TableNotFoundException')
          throw new HBaseError('wait', 'NotYet', error.message);
        throw error;
      });
      if (!holds(regions)) throw new HBaseError('wait', 'NotYet', `${table}: ${otherwise}`);
    });
  return { ...namespaces(master), ...tables(reach, master, shown), ...regionMoves(reach, master, shown) };
}

function namespaces(master: Master): Pick<HBaseAdmin, 'ensureNamespace' | 'dropNamespace'> {
  return {
    async ensureNamespace(name) {
      const question = { namespaceDescriptor: { name: Buffer.from(name) } };
      await unless(
        'NamespaceExistException',
        master.carryOut('CreateNamespace', messages.createNamespaceRequest, question),
      );
    },
    async dropNamespace(name) {
      await unless(
        'NamespaceNotFoundException',
        master.carryOut('DeleteNamespace', messages.deleteNamespaceRequest, { namespaceName: name }),
      );
    },
  };
}

function tables(
  reach: Reach,
  master: Master,
  shown: Shown,
): Pick<
  HBaseAdmin,
  'ensureTable' | 'describeTable' | 'modifyFamilies' | 'dropFamily' | 'dropTable' | 'disableTable' | 'enableTable'
> {
  const descriptor = async (table: string): Promise<TableDescriptor | undefined> => {
    const question = { table_names: [tableName(table)] };
    const answer = await master.ask(
      'GetTableDescriptors',
      messages.getTableDescriptorsRequest,
      question,
      messages.getTableDescriptorsResponse,
    );
    return answer.table_schema[0];
  };
  const modify = (table: string, schema: TableDescriptor): Promise<void> =>
    master.carryOut('ModifyTable', messages.modifyTableRequest, { table_name: tableName(table), table_schema: schema });
  const disable = async (table: string): Promise<void> => {
    await unless(
      'TableNotEnabledException',
      master.carryOut('DisableTable', messages.disableTableRequest, { table_name: tableName(table) }),
    );
  };
  return {
    async ensureTable(schema, splitKeys) {
      let created = (await descriptor(schema.name)) === undefined;
      if (created) {
        const question = { table_schema: encodeSchema(schema), split_keys: splitKeys };
        created = await unless(
          'TableExistsException',
          master.carryOut('CreateTable', messages.createTableRequest, question),
        );
      }
      await shown(
        schema.name,
        (table) => table.whole && table.regions.every((region) => region.server !== ''),
        'not all regions have a server',
      );
      return created ? 'created' : 'existed';
    },
    async describeTable(table) {
      const found = await descriptor(table);
      return found === undefined ? null : decodeSchema(table, found);
    },
    async modifyFamilies(schema) {
      const found = await descriptor(schema.name);
      if (found === undefined)
        throw new HBaseError('refuse', 'TableNotFoundException', `${schema.name} does not exist; create it first`);
      const changed = changeFamilies(found, schema);
      if (changed === found) return;
      await modify(schema.name, changed);
    },
    async dropFamily(table, family) {
      const found = await descriptor(table);
      const kept = found?.column_families.filter(({ name }) => name.toString('utf8') !== family);
      if (!found || !kept || kept.length === found.column_families.length) return;
      await modify(table, { ...found, column_families: kept });
    },
    async dropTable(table) {
      if ((await descriptor(table)) === undefined) return;
      await disable(table);
      await unless(
        'TableNotFoundException',
        master.carryOut('DeleteTable', messages.deleteTableRequest, { table_name: tableName(table) }),
      );
      reach.meta.forget(table);
    },
    disableTable: disable,
    async enableTable(table) {
      await unless(
        'TableNotDisabledException',
        master.carryOut('EnableTable', messages.enableTableRequest, { table_name: tableName(table) }),
      );
    },
  };
}

function regionMoves(
  reach: Reach,
  master: Master,
  shown: Shown,
): Pick<HBaseAdmin, 'regions' | 'moveRegion' | 'splitRegion'> {
  const read = (table: string) => withRetry(master.terms(), () => readAnew(reach, table));
  return {
    async regions(table) {
      const { regions } = await read(table);
      return regions.map(({ name, start, end, server }) => ({ name: name.toString('latin1'), start, end, server }));
    },
    async moveRegion(table, regionName) {
      const before = named(await read(table), regionName);
      if (before === undefined)
        throw new HBaseError('bug', 'UnknownRegionException', `${table} has no region ${regionName}`);
      const question = { region: { type: ENCODED_NAME, value: encodedName(regionName) } };
      await master.ask('MoveRegion', messages.moveRegionRequest, question, messages.moveRegionResponse);
      const moved = (now: TableRegions) => {
        const server = named(now, regionName)?.server;
        return server !== undefined && server !== '' && server !== before.server;
      };
      await shown(
        table,
        moved,
        `region ${regionName} has not moved yet; a cluster of one server has nowhere to move it`,
      );
    },
    async splitRegion(table, splitKey) {
      const region = (await read(table)).at(splitKey);
      if (region === undefined)
        throw new HBaseError('relocate', 'NoRegion', `no region of ${table} holds the split key`);
      await master.carryOut('SplitRegion', messages.splitTableRegionRequest, {
        region_info: region.info,
        split_row: splitKey,
      });
      const split = (now: TableRegions) =>
        now.whole && now.at(splitKey)?.start.equals(splitKey) === true && now.at(splitKey)?.server !== '';
      await shown(table, split, 'the region has not split yet');
    },
  };
}

async function readAnew(reach: Reach, table: string): Promise<TableRegions> {
  return reach.meta.regions(table, Number.MAX_SAFE_INTEGER);
}

/** True: done. False: refused with the named exception, which says that there is nothing to do. */
async function unless(exception: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof HBaseError && error.exception === exception) return false;
    throw error;
  }
}

function named(table: TableRegions, regionName: string): Region | undefined {
  return table.regions.find((region) => region.name.toString('latin1') === regionName);
}

/** A region's name ends with ".<encoded>.": 32 hexadecimal digits. */
function encodedName(regionName: string): Buffer {
  return Buffer.from(regionName.slice(-33, -1), 'latin1');
}

/**
 * Namespaces, tables and regions: what set-up, `config change` and the tests ask of the master. Every command may be
 * repeated: creating what exists, or dropping what is gone, succeeds.
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
const NAMESPACE_PERMISSION = 2;
/** Letters of HBase's shell, in the order of their numbers: read, write, execute, create, administer. */
const ACTIONS = 'RWXCA';

/** Reads meta until the table's regions are as they must be; `otherwise` says what is not so yet. */
type WaitForRegions = (
  table: string,
  isReached: (regions: TableRegions) => boolean,
  otherwise: string,
) => Promise<void>;

export function hbaseAdmin(reach: Reach, master: Master): HBaseAdmin {
  const waitForRegions: WaitForRegions = (table, isReached, otherwise) =>
    withRetry(master.terms(), async () => {
      const regions = await readAnew(reach, table).catch(waitForTable);
      if (!isReached(regions)) throw new HBaseError('wait', 'NotYet', `${table}: ${otherwise}`);
    });
  return {
    ...namespaces(master),
    ...tableSchemas(master, waitForRegions),
    ...tableStates(reach, master),
    ...regionMoves(reach, master, waitForRegions),
  };
}

/** A table that is not there is about to be made. */
function waitForTable(error: unknown): never {
  if (error instanceof HBaseError && error.exception === 'TableNotFoundException')
    throw new HBaseError('wait', 'NotYet', error.message);
  throw error;
}

function namespaces(master: Master): Pick<HBaseAdmin, 'ensureNamespace' | 'dropNamespace' | 'grant' | 'allowed'> {
  return {
    async ensureNamespace(name) {
      // Where rights are checked, only an administrator may ask for a new one, even for one that exists.
      if (await isVisible(master, name)) return;
      const question = { namespaceDescriptor: { name: Buffer.from(name) } };
      await doUnless(
        'NamespaceExistException',
        master.carryOut('CreateNamespace', messages.createNamespaceRequest, question),
      );
    },
    async grant(user, namespace, actions) {
      const permission = permissionFor(namespace, actions);
      const question = {
        method: 'Grant',
        request: messages.grantRequest,
        message: { user_permission: { user: Buffer.from(user), permission } },
        response: messages.nothing,
      };
      // The first master of a cluster makes the table of rights (hbase:acl) after it has said that it is ready.
      await withRetry(master.terms(), () => master.ask(question).catch(waitForTable));
    },
    async allowed(namespace) {
      const { has_user_permission: held } = await master.ask({
        method: 'HasUserPermissions',
        request: messages.hasUserPermissionsRequest,
        message: { permission: [...ACTIONS].map((letter) => permissionFor(namespace, letter)) },
        response: messages.hasUserPermissionsResponse,
      });
      return [...ACTIONS].filter((_, at) => held[at]).join('');
    },
    async dropNamespace(name) {
      await doUnless(
        'NamespaceNotFoundException',
        master.carryOut('DeleteNamespace', messages.deleteNamespaceRequest, { namespaceName: name }),
      );
    },
  };
}

function permissionFor(namespace: string, actions: string) {
  return {
    type: NAMESPACE_PERMISSION,
    namespace_permission: {
      namespace_name: Buffer.from(namespace),
      action: [...actions].map((letter) => ACTIONS.indexOf(letter)),
    },
  };
}

/** Whether the namespace exists and we may see that it does. */
async function isVisible(master: Master, namespaceName: string): Promise<boolean> {
  try {
    await master.ask({
      method: 'GetNamespaceDescriptor',
      request: messages.getNamespaceRequest,
      message: { namespaceName },
      response: messages.getNamespaceResponse,
    });
    return true;
  } catch (error) {
    const { exception } = error as Partial<HBaseError>;
    if (exception === 'NamespaceNotFoundException' || exception === 'AccessDeniedException') return false;
    throw error;
  }
}

async function readDescriptor(master: Master, table: string): Promise<TableDescriptor | undefined> {
  const answer = await master.ask({
    method: 'GetTableDescriptors',
    request: messages.getTableDescriptorsRequest,
    message: { table_names: [tableName(table)] },
    response: messages.getTableDescriptorsResponse,
  });
  return answer.table_schema[0];
}

function tableSchemas(
  master: Master,
  waitForRegions: WaitForRegions,
): Pick<HBaseAdmin, 'ensureTable' | 'describeTable' | 'modifyFamilies' | 'dropFamily'> {
  const modify = (table: string, schema: TableDescriptor): Promise<void> =>
    master.carryOut('ModifyTable', messages.modifyTableRequest, { table_name: tableName(table), table_schema: schema });
  return {
    async ensureTable(schema, splitKeys) {
      let created = (await readDescriptor(master, schema.name)) === undefined;
      if (created) {
        const question = { table_schema: encodeSchema(schema), split_keys: splitKeys };
        created = await doUnless(
          'TableExistsException',
          master.carryOut('CreateTable', messages.createTableRequest, question),
        );
      }
      await waitForRegions(
        schema.name,
        (table) => table.isWhole && table.regions.every((region) => region.server !== ''),
        'not all regions have a server',
      );
      return created ? 'created' : 'existed';
    },
    async describeTable(table) {
      const descriptor = await readDescriptor(master, table);
      return descriptor === undefined ? null : decodeSchema(table, descriptor);
    },
    async modifyFamilies(schema) {
      const descriptor = await readDescriptor(master, schema.name);
      if (descriptor === undefined)
        throw new HBaseError('refuse', 'TableNotFoundException', `${schema.name} does not exist; create it first`);
      const changed = changeFamilies(descriptor, schema);
      if (changed === descriptor) return;
      await modify(schema.name, changed);
    },
    async dropFamily(table, family) {
      const descriptor = await readDescriptor(master, table);
      const others = descriptor?.column_families.filter(({ name }) => name.toString('utf8') !== family);
      if (!descriptor || !others || others.length === descriptor.column_families.length) return;
      await modify(table, { ...descriptor, column_families: others });
    },
  };
}

function tableStates(reach: Reach, master: Master): Pick<HBaseAdmin, 'dropTable' | 'disableTable' | 'enableTable'> {
  const disable = async (table: string): Promise<void> => {
    await doUnless(
      'TableNotEnabledException',
      master.carryOut('DisableTable', messages.disableTableRequest, { table_name: tableName(table) }),
    );
  };
  return {
    async dropTable(table) {
      if ((await readDescriptor(master, table)) === undefined) return;
      await disable(table);
      await doUnless(
        'TableNotFoundException',
        master.carryOut('DeleteTable', messages.deleteTableRequest, { table_name: tableName(table) }),
      );
      reach.meta.forget(table);
    },
    disableTable: disable,
    async enableTable(table) {
      await doUnless(
        'TableNotDisabledException',
        master.carryOut('EnableTable', messages.enableTableRequest, { table_name: tableName(table) }),
      );
    },
  };
}

function regionMoves(
  reach: Reach,
  master: Master,
  waitForRegions: WaitForRegions,
): Pick<HBaseAdmin, 'regions' | 'moveRegion' | 'splitRegion'> {
  const read = (table: string) => withRetry(master.terms(), () => readAnew(reach, table));
  return {
    async regions(table) {
      const { regions } = await read(table);
      return regions.map(({ name, start, end, server }) => ({ name: name.toString('latin1'), start, end, server }));
    },
    async moveRegion(table, regionName) {
      const before = regionNamed(await read(table), regionName);
      if (before === undefined)
        throw new HBaseError('bug', 'UnknownRegionException', `${table} has no region ${regionName}`);
      await master.ask({
        method: 'MoveRegion',
        request: messages.moveRegionRequest,
        message: { region: { type: ENCODED_NAME, value: encodedName(regionName) } },
        response: messages.moveRegionResponse,
      });
      const hasMoved = (now: TableRegions) => {
        const server = regionNamed(now, regionName)?.server;
        return server !== undefined && server !== '' && server !== before.server;
      };
      await waitForRegions(
        table,
        hasMoved,
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
      const hasSplit = (now: TableRegions) =>
        now.isWhole && now.at(splitKey)?.start.equals(splitKey) === true && now.at(splitKey)?.server !== '';
      await waitForRegions(table, hasSplit, 'the region has not split yet');
    },
  };
}

async function readAnew(reach: Reach, table: string): Promise<TableRegions> {
  return reach.meta.regions(table, Number.MAX_SAFE_INTEGER);
}

/** True: done. False: the master refused with this exception, so there is nothing to do. */
async function doUnless(exception: string, work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof HBaseError && error.exception === exception) return false;
    throw error;
  }
}

function regionNamed(table: TableRegions, regionName: string): Region | undefined {
  return table.regions.find((region) => region.name.toString('latin1') === regionName);
}

/** A region's name ends with ".<encoded>.": 32 hexadecimal digits. */
function encodedName(regionName: string): Buffer {
  return Buffer.from(regionName.slice(-33, -1), 'latin1');
}

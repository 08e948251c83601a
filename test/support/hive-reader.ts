/**
 * A file of the lake as Hive reads it: by the classes of Hive 2.3, 3.1 and 4.0 that a table STORED AS PARQUET has
 * there, without a Hive around them (hive/ReadAsHive.java).
 *
 * The lines of docs/data.md give the columns. The class paths are those that the page names: before Hive 4 a newer
 * Parquet stands first. Each version is one JVM.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchJars } from '../../hadoop-compose/cluster/jars.ts';
import { findJava } from '../../hadoop-compose/cluster/tools.ts';
import { jarFolder, stackFrom } from '../../hadoop-compose/stack/stack.ts';

export type HiveVersion = 'hive2' | 'hive3' | 'hive4';

const PROGRAM = fileURLToPath(new URL('hive/ReadAsHive.java', import.meta.url));
/** Parts of the JDK into which Hadoop and Hive reach by reflection. */
const OPENED = ['java.lang', 'java.util', 'java.net', 'java.nio'];

interface Columns {
  readonly names: string;
  readonly types: string;
}

/** Of a CREATE TABLE, without those of its partitions. */
function columnsOf(ddl: string): Columns {
  const list = /CREATE EXTERNAL TABLE \w+ \(([^)]*)\)/.exec(ddl)![1]!;
  const columns = list.split(',').map((column) => column.trim().split(/\s+/) as [name: string, type: string]);
  return {
    names: columns.map(([name]) => name).join(','),
    types: columns.map(([, type]) => type.toLowerCase()).join(':'),
  };
}

/**
 * For each CREATE TABLE the rows of a Parquet file, in the file's order and in Java's way of writing a list, or the
 * class of the fault. All tables have the same names of columns.
 */
export async function readAsHive(version: HiveVersion, file: string, ddl: readonly string[]): Promise<string[][]> {
  const stack = stackFrom();
  await fetchJars(stack, () => undefined, undefined, ['hadoop', version]);
  const own = await readdir(jarFolder(stack, version));
  // The first class of a name counts.
  const ordered = [...own.filter((name) => name.startsWith('parquet-')), ...own];
  const classPath = [
    ...ordered.map((name) => join(jarFolder(stack, version), name)),
    `${jarFolder(stack, 'hadoop')}/*`,
  ];
  const tables = ddl.map(columnsOf);
  const { stdout } = await promisify(execFile)(
    await findJava(),
    [
      ...['-XX:TieredStopAtLevel=1', '-Duser.timezone=UTC'],
      ...OPENED.flatMap((part) => ['--add-opens', `java.base/${part}=ALL-UNNAMED`]),
      ...['-cp', classPath.join(':'), PROGRAM, `file://${file}`, tables[0]!.names, ...tables.map(({ types }) => types)],
    ],
    { maxBuffer: 64 << 20, timeout: 120_000 },
  );
  return stdout
    .split('\n\n')
    .slice(0, -1)
    .map((rows) => rows.trim().split('\n'));
}

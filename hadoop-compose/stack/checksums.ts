/**
 * What each jar of a set is, to the byte: `checksums/<set>.txt`, one line a jar, `<sha256> <file>
 * <group:artifact:version[:classifier]>`.
 *
 * `lock-jars.ts` writes these files, `jars.ts` refuses a set that differs from them, and `setup/sbom.ts` makes the list
 * of components from them. They are needed because Maven trusts the repository that it asks: Maven's own checksums come
 * from there too.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of } from '../../core/process/file-hash.ts';

/**
 * `kdc`, `yarn`, `flume`, `spark` and `cassandra` are fetched only by those who need them, and those of Hive and
 * Iceberg by a test that reads the lake: the stack runs without.
 */
export const jarSetNames = [
  'hadoop',
  'hbase',
  'kafka',
  'kdc',
  'yarn',
  'flume',
  'spark',
  'hive2',
  'hive3',
  'hive4',
  'iceberg',
  'cassandra',
] as const;
export type JarSetName = (typeof jarSetNames)[number];

export interface Jar {
  readonly sha256: string;
  readonly file: string;
  /** `group:artifact:version` or `group:artifact:version:classifier`. */
  readonly coordinates: string;
}

export const checksumsFile = (set: JarSetName): string =>
  fileURLToPath(new URL(`checksums/${set}.txt`, import.meta.url));

/** Empty before the first `npm run lock:jars`. */
export function checksumsText(set: JarSetName): string {
  const file = checksumsFile(set);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

export function jarsOf(set: JarSetName): Jar[] {
  const lines = checksumsText(set)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [sha256 = '', file = '', coordinates = ''] = line.split('  ');
    return { sha256, file, coordinates };
  });
}

export const textOfJars = (jars: readonly Jar[]): string =>
  jars.map(({ sha256, file, coordinates }) => `${sha256}  ${file}  ${coordinates}\n`).join('');

/** What differs between a folder and the list, in sentences; empty if nothing does. */
export async function faultsOfJars(folder: string, set: JarSetName, expected = jarsOf(set)): Promise<string[]> {
  const found = (await readdir(folder)).sort();
  const wanted = new Map(expected.map((jar) => [jar.file, jar.sha256]));
  const faults = [...wanted.keys()].filter((file) => !found.includes(file)).map((file) => `${file} is missing`);
  for (const file of found) {
    const sha256 = wanted.get(file);
    const own = await sha256Of(join(folder, file));
    if (sha256 === undefined) faults.push(`${file} is not in the list (its sha256 is ${own})`);
    else if (own !== sha256) faults.push(`${file} has the sha256 ${own}, expected was ${sha256}`);
  }
  return faults;
}

/**
 * Hadoop's default settings, short: what agent.ts lays on Flume's class path before the jars.
 *
 * For each file Flume's HDFS sink makes two new Configurations, and each reads `core-default.xml` again, 150 kB that
 * are mostly descriptions, and looks into every jar for a `core-site.xml`: half of what Flume did. The short form has
 * the same settings.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const UNPACK_LIMIT_MS = 60_000;
const NAME = 'core-default.xml';
const NO_SETTINGS = '<configuration/>\n';

/** Texts by name of file. Throws if no jar of the folder has the defaults, or Java cannot unpack them. */
export async function shortHadoopDefaults(java: string, jars: string): Promise<Readonly<Record<string, string>>> {
  const jar = (await readdir(jars)).find((file) => /^hadoop-client-api-.*\.jar$/.test(file));
  if (jar === undefined) throw new Error(`${jars} holds no jar of hadoop-client-api`);
  const work = await mkdtemp(join(tmpdir(), 'sightline-hadoop-'));
  try {
    const unpack = ['--module', 'jdk.jartool/sun.tools.jar.Main', '--extract', '--file', resolve(jars, jar), NAME];
    await run(java, unpack, { cwd: work, timeout: UNPACK_LIMIT_MS });
    const text = shorten(await readFile(join(work, NAME), 'utf8'));
    // Without these two it would look for them in every jar. A cluster's own HADOOP_CONF_DIR comes first.
    return { [NAME]: text, 'core-site.xml': NO_SETTINGS, 'hdfs-default.xml': NO_SETTINGS };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A file of settings without comments, descriptions and blanks between its elements. */
export function shorten(xml: string): string {
  return xml
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/<description>[^]*?<\/description>|<description\/>/g, '')
    .replaceAll(/(?<!<(?:name|value))>\s+</g, '><');
}

/**
 * What executors run: the process that decides as one file of JavaScript, with the native client of Kafka beside it;
 * for a cluster also as an archive, with the Node that runs here and the libraries that both load.
 *
 * supervisor.ts asks for it at each start, so it is always made of the sources that are here. plan.ts names the archive
 * to spark-submit, which unpacks it where each executor runs: a node of the cluster needs a JVM and nothing of ours.
 * Node travels because the native client fits one line of Node only. A folder is named by a hash of what is in it, and
 * appears whole or not at all, so an engine that runs keeps what it was started with.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Config } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';

const run = promisify(execFile);
export const ENTRY = fileURLToPath(new URL('executor-main.ts', import.meta.url));
export const EXECUTOR = 'executor.mjs';
/** The client of Kafka, and what it loads when it runs. */
const CLIENT = 'node-rdkafka';
const LOADED_BY_CLIENT = ['bindings', 'file-uri-to-path'];
/** Of node-rdkafka; the rest of its folder is sources and what the compiler made of them. */
const OF_CLIENT =
  /^(\/(package\.json|LICENSE\.txt|librdkafka\.js|lib(\/.*)?|build(\/(Release(\/node-librdkafka\.node)?|deps(\/[^/]+\.so[^/]*)?))?))?$/;
/** Optional, and compiled only where somebody signs in with it. */
const KERBEROS = 'kerberos';
const OF_KERBEROS = /^(\/(package\.json|LICENSE|lib(\/.*)?|build(\/Release(\/kerberos\.node)?)?))?$/;
/** The C library and its parts: they belong to the kernel's side of a machine, and every JVM has them. */
const OF_EVERY_MACHINE = /^(ld-linux.*|lib(c|m|dl|pthread|rt|resolv|util))\.so/;
const NEEDED_LIBRARY = /^\s*(\S+) => (\/\S+)/gm;

type Settings = Pick<Config, 'SIGHTLINE_HOME'> & Partial<Pick<Config, 'HADOOP_ACCESS'>>;

/** Returns the folder with `EXECUTOR`; it runs on this machine as it is. `entry`: the program, another one in tests. */
export async function executorFolder(config: Settings, entry: string): Promise<string> {
  const program = await bundled(entry);
  const native = createRequire(import.meta.url).resolve('node-rdkafka/build/Release/node-librdkafka.node');
  const hash = createHash('sha256')
    .update(program)
    .update(await readFile(native))
    .update(process.version)
    .update(String(signsIn(config)));
  const folder = join(resolve(config.SIGHTLINE_HOME), 'spark-executor', hash.digest('hex').slice(0, 16));
  await appear(folder, async (staging) => {
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, EXECUTOR), program);
    await copyPackage(CLIENT, staging, OF_CLIENT);
    for (const name of LOADED_BY_CLIENT) await copyPackage(name, staging);
    if (signsIn(config)) await copyPackage(KERBEROS, staging, OF_KERBEROS);
  });
  return folder;
}

/** Returns the path of the archive of this folder; it holds `bin/node` and `lib/` too. */
export async function executorArchive(folder: string): Promise<string> {
  if ((process.config.variables as { node_shared?: boolean }).node_shared)
    throw new Refusal(
      EXIT.usage,
      `${process.execPath} is a Node of several libraries, which cannot travel to other machines. Run Sightline with ` +
        'a Node of nodejs.org, or take SPARK_MASTER=local[N].',
    );
  const archive = `${folder}.tar.gz`;
  await appear(archive, async (staging) => {
    const tree = `${staging}-tree`;
    try {
      await cp(folder, tree, { recursive: true, verbatimSymlinks: true });
      for (const part of ['bin', 'lib']) await mkdir(join(tree, part));
      await copyFile(process.execPath, join(tree, 'bin', 'node'));
      for (const library of await librariesOf(folder)) await copyFile(library.path, join(tree, 'lib', library.name));
      await run('tar', ['-cf', staging, '--use-compress-program=gzip -1', '-C', tree, '.']);
    } finally {
      await rm(tree, { recursive: true, force: true });
    }
  });
  return archive;
}

const signsIn = ({ HADOOP_ACCESS: access }: Settings): boolean =>
  access !== undefined && (access.hbase.kerberos !== null || access.zookeeper.kerberos !== null);

async function bundled(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Native, or not installed everywhere.
    external: [CLIENT, KERBEROS],
    legalComments: 'none',
    // Packages in the older format call it. Its names must be none of the bundled files.
    banner: { js: "import { createRequire as $of } from 'node:module'; globalThis.require ??= $of(import.meta.url);" },
  });
  return outputFiles[0]!.contents;
}

async function copyPackage(name: string, folder: string, wanted = /^/): Promise<void> {
  const from = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const filter = (path: string): boolean => wanted.test(path.slice(from.length));
  await cp(from, join(folder, 'node_modules', name), { recursive: true, verbatimSymlinks: true, filter });
}

/** The libraries that Node and the native client load, besides those of every machine. */
async function librariesOf(folder: string): Promise<{ name: string; path: string }[]> {
  const native = join(folder, 'node_modules', 'node-rdkafka', 'build', 'Release', 'node-librdkafka.node');
  const found = new Map<string, string>();
  try {
    for (const binary of [process.execPath, native]) {
      const { stdout } = await run('ldd', [binary]);
      for (const [, name, path] of stdout.matchAll(NEEDED_LIBRARY))
        if (!OF_EVERY_MACHINE.test(name!) && !path!.startsWith(folder)) found.set(name!, path!);
    }
  } catch (fault) {
    throw new Refusal(EXIT.dependency_down, `The libraries of the executors are not known: ${messageOf(fault)}`, fault);
  }
  return [...found].map(([name, path]) => ({ name, path }));
}

/** Makes it beside its place; who is later than another process throws away what it made. */
async function appear(place: string, make: (staging: string) => Promise<void>): Promise<void> {
  if (existsSync(place)) return;
  await mkdir(dirname(place), { recursive: true });
  const staging = `${place}-${randomUUID()}`;
  try {
    await make(staging);
    await rename(staging, place).catch(async (fault: unknown) => {
      await stat(place).catch(() => Promise.reject(fault as Error));
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

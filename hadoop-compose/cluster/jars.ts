/**
 * Fetches the jar sets, once. A set is gathered in a staging folder beside its place and renamed when it is whole, so a
 * folder that exists is complete, and a fetch that was killed leaves nothing that could be taken for one.
 *
 * Maven resolves the jars from a generated pom that holds only the pins; a set that is there needs no Maven. A set is
 * kept only if its jars are exactly those that `checksums/` lists.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endGroupWith, groupOf } from '../../core/process/group.ts';
import { Stopped } from '../../core/process/life.ts';
import { faultsOfJars } from '../stack/checksums.ts';
import { ClusterError, throwIfStopped } from '../stack/errors.ts';
import { mavenProxyOptions } from './maven-proxy.ts';
import type { Say } from '../../core/process/step-log.ts';
import { jarFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { findMaven } from './tools.ts';
import { jarSetFolder, jarSetsOfStack, mavenDependencyPlugin, pins, pomOf } from '../stack/versions.ts';
import type { JarSetName } from '../stack/versions.ts';

/** Fetches those of these jar sets that are missing; by default the sets of the stack. */
export async function fetchJars(
  stack: Pick<Stack, 'jarsFolder'>,
  say: Say,
  signal?: AbortSignal,
  sets = jarSetsOfStack,
): Promise<void> {
  const missing = sets.filter((set) => !existsSync(jarFolder(stack, set)));
  if (missing.length === 0) return;
  const maven = await findMaven();
  for (const set of missing) {
    throwIfStopped(signal);
    say('jars', `fetching ${set}: ${pins[set].join(', ')}`);
    const count = await fetchSet(stack, { set, maven, say, signal });
    say('jars', `${set} is there (${count} jars)`);
  }
}

export interface JarRequest {
  readonly set: JarSetName;
  readonly maven: string;
  readonly say: Say;
  readonly signal?: AbortSignal | undefined;
  /** Options of Maven that add folders for group, artifact and version. */
  readonly layout?: readonly string[];
}

async function fetchSet(stack: Pick<Stack, 'jarsFolder'>, request: JarRequest): Promise<number> {
  const { set } = request;
  await mkdir(stack.jarsFolder, { recursive: true });
  const staging = await mkdtemp(join(stack.jarsFolder, `.${jarSetFolder(set)}-`));
  try {
    await resolveSet(staging, request);
    const count = (await readdir(join(staging, 'jars'))).filter((name) => name.endsWith('.jar')).length;
    if (count === 0) throw new ClusterError(`Maven ended well and brought no jar for ${set}; nothing was kept.`);
    await refuseOthers(join(staging, 'jars'), set);
    await rename(join(staging, 'jars'), jarFolder(stack, set)).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(jarFolder(stack, set))) throw error; // another start was quicker
    });
    return count;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Lets Maven choose the jars of a set's pins and copy them to `<folder>/jars`. */
export async function resolveSet(folder: string, request: JarRequest): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), pomOf(request.set));
  const options = await mavenProxyOptions(request.maven, join(folder, 'settings.xml'));
  await copyDependencies(folder, options, request);
}

async function refuseOthers(folder: string, set: JarSetName): Promise<void> {
  const faults = await faultsOfJars(folder, set);
  if (faults.length === 0) return;
  throw new ClusterError(
    `The jars of ${set} are not those whose checksums are in hadoop-compose/stack/checksums/${set}.txt; ` +
      'nothing was kept:\n' +
      `${faults
        .slice(0, 12)
        .map((fault) => `  ${fault}`)
        .join('\n')}${faults.length > 12 ? `\n  and ${faults.length - 12} more` : ''}\n` +
      'Remove such a jar from the local repository of Maven (~/.m2/repository), in case its download broke off, ' +
      'and try again. If it stays so, the repository that Maven asks serves something else (~/.m2/settings.xml, ' +
      'MAVEN_OPTS). After a change of versions.ts: npm run lock:jars.',
  );
}

function copyDependencies(
  folder: string,
  options: readonly string[],
  { set, maven, say, signal, layout = [] }: JarRequest,
): Promise<void> {
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${mavenDependencyPlugin}:copy-dependencies`;
  const args = [
    '-B',
    ...options,
    '-f',
    join(folder, 'pom.xml'),
    goal,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${join(folder, 'jars')}`,
    ...layout,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('nice', [maven, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...groupOf(signal) });
    endGroupWith(child, signal);
    const lines: string[] = [];
    let fetched = 0;
    let lastSaidMs = Date.now();
    const read = (chunk: Buffer): void => {
      for (const line of chunk
        .toString()
        .split('\n')
        .filter((text) => text.trim() !== '')) {
        lines.push(line);
        if (lines.length > 200) lines.shift();
        if (/Downloaded from \S+ \S+\.jar/.test(line)) fetched += 1;
      }
      if (Date.now() - lastSaidMs < 2_000) return;
      lastSaidMs = Date.now();
      say('jars', `${set}: ${fetched} jars fetched`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else if (signal?.aborted) reject(new Stopped());
      else reject(new ClusterError(`Maven could not fetch the jars of ${set} (exit ${code}):\n${complaints(lines)}`));
    });
  });
}

function complaints(lines: readonly string[]): string {
  const errors = lines.filter((line) => line.startsWith('[ERROR]'));
  return (errors.length > 0 ? errors : lines)
    .slice(-12)
    .map((line) => `  ${line}`)
    .join('\n');
}

/**
 * Fetches the jar sets, once. A set is gathered in a staging folder beside its place and renamed when it is whole, so a
 * folder that exists is complete, and a fetch that was killed leaves nothing that could be taken for one.
 *
 * Maven does the resolving, from a generated pom with nothing but the pins; a set that is there needs no Maven at all.
 * A set is kept only if each jar is the one that `checksums/` names, and no jar is missing or more.
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

/** Sees to it that these jar sets are there; by default those of the stack. */
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
    const count = await fetchSet(stack, set, maven, say, signal);
    say('jars', `${set} is there (${count} jars)`);
  }
}

async function fetchSet(
  stack: Pick<Stack, 'jarsFolder'>,
  set: JarSetName,
  maven: string,
  say: Say,
  signal?: AbortSignal,
): Promise<number> {
  await mkdir(stack.jarsFolder, { recursive: true });
  const staging = await mkdtemp(join(stack.jarsFolder, `.${jarSetFolder(set)}-`));
  try {
    await resolveSet(staging, set, maven, say, signal);
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

/**
 * Maven's choice of jars for the pins, in `<folder>/jars`; `layout` adds folders that tell group, artifact and version.
 */
export async function resolveSet(
  folder: string,
  set: JarSetName,
  maven: string,
  say: Say,
  signal?: AbortSignal,
  layout: readonly string[] = [],
): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), pomOf(set));
  const options = await mavenProxyOptions(maven, join(folder, 'settings.xml'));
  await copyDependencies([maven, '-B', ...options], folder, set, layout, say, signal);
}

async function refuseOthers(folder: string, set: JarSetName): Promise<void> {
  const faults = await faultsOfJars(folder, set);
  if (faults.length === 0) return;
  throw new ClusterError(
    `The jars of ${set} are not those whose checksums are in hadoop-compose/stack/checksums/${set}.txt; nothing was kept:\n` +
      `${faults
        .slice(0, 12)
        .map((fault) => `  ${fault}`)
        .join('\n')}${faults.length > 12 ? `\n  and ${faults.length - 12} more` : ''}\n` +
      'Remove such a jar from the local repository of Maven (~/.m2/repository), in case its download broke off, and try again. If it stays so, ' +
      'the repository that Maven asks serves something else (~/.m2/settings.xml, MAVEN_OPTS). After a change of versions.ts: npm run lock:jars.',
  );
}

function copyDependencies(
  maven: readonly string[],
  folder: string,
  set: JarSetName,
  layout: readonly string[],
  say: Say,
  signal?: AbortSignal,
): Promise<void> {
  const goal = `org.apache.maven.plugins:maven-dependency-plugin:${mavenDependencyPlugin}:copy-dependencies`;
  const args = [
    '-f',
    join(folder, 'pom.xml'),
    goal,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${join(folder, 'jars')}`,
    ...layout,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('nice', [...maven, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...groupOf(signal) });
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

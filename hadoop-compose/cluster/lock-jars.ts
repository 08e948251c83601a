/**
 * Behind `npm run lock:jars`: what Maven brings for the pins of versions.ts, written down jar by jar in `checksums/`.
 *
 * Run it once after you change a pin (`npm run lock:jars -- kdc` for one set), and look at the diff: from then on every
 * machine must get exactly these jars.
 * Maven puts them into folders by group, artifact and version here, because the names of the files do not tell these.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, sep } from 'node:path';
import { EXIT } from '../../core/process/errors.ts';
import { runCommand, stopSignal } from '../../core/process/life.ts';
import { checksumsFile, jarSetNames, textOfJars } from '../stack/checksums.ts';
import type { Jar, JarSetName } from '../stack/checksums.ts';
import { ClusterError } from '../stack/errors.ts';
import { resolveSet } from './jars.ts';
import { sayOn } from '../../core/process/step-log.ts';
import type { Say } from '../../core/process/step-log.ts';
import { findMaven } from './tools.ts';
import { sha256Of } from '../../core/process/file-hash.ts';

const LAYOUT = ['-Dmdep.useRepositoryLayout=true', '-Dmdep.copyPom=false'];

await runCommand(async () => {
  const maven = await findMaven();
  const named = process.argv.slice(2);
  const sets = jarSetNames.filter((set) => named.length === 0 || named.includes(set));
  if (sets.length < named.length)
    throw new ClusterError(`The jar sets are ${jarSetNames.join(', ')}; found was ${named.join(', ')}.`, EXIT.usage);
  for (const set of sets) await lock(set, maven, sayOn(), stopSignal());
});

async function lock(set: JarSetName, maven: string, say: Say, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `sightline-jars-${set}-`));
  try {
    say('jars', `resolving ${set}`);
    await resolveSet(folder, { set, maven, say, signal, layout: LAYOUT });
    const jars = await jarsIn(join(folder, 'jars'));
    const file = checksumsFile(set);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, textOfJars(jars));
    say('jars', `${jars.length} jars of ${set} are written down in ${relative('.', file)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function jarsIn(root: string): Promise<Jar[]> {
  const files = (await readdir(root, { recursive: true })).filter((path) => path.endsWith('.jar'));
  const jars = await Promise.all(
    files.map(async (path) => ({
      sha256: await sha256Of(join(root, path)),
      file: basename(path),
      coordinates: coordinatesOf(path),
    })),
  );
  const names = jars.map(({ file }) => file);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice)
    throw new ClusterError(
      `Two artifacts have a jar named ${twice}; one class path holds one of them only. Exclude one in versions.ts.`,
    );
  return jars.sort((a, b) => (a.file < b.file ? -1 : 1));
}

/**
 * `org/apache/kafka/kafka-clients/4.1.2/kafka-clients-4.1.2.jar`; what stands between version and `.jar` is the
 * classifier.
 */
function coordinatesOf(path: string): string {
  const parts = path.split(sep);
  const [artifact, version, file] = parts.slice(-3) as [string, string, string];
  const classifier = file.slice(`${artifact}-${version}`.length + 1, -'.jar'.length);
  return [parts.slice(0, -3).join('.'), artifact, version, ...(classifier ? [classifier] : [])].join(':');
}

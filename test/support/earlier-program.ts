/**
 * An earlier program beside this one: the files of a commit of this repository, with the packages of this one.
 *
 * Packages are linked and not installed again: a commit may be chosen if every package that it names is installed here
 * in the version that it names.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './main-job.ts';

interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The folder of it, made once; throws with what to do where the history or a package is missing. */
export function earlierProgram(commit: string): string {
  const folder = join(ROOT, '.sightline', 'earlier', commit);
  if (existsSync(folder)) return folder;
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  // `pipefail` is bash's: an archive that ends early is a fault too.
  run('bash', ['-o', 'pipefail', '-c', 'git archive "$1" | tar -x -C "$2"', 'bash', commit, making], (said) =>
    said.includes('not a valid object name')
      ? `${commit} is not in the history of this clone; fetch it whole: git fetch --unshallow`
      : said,
  );
  const wanted = JSON.parse(readFileSync(join(making, 'package.json'), 'utf8')) as Packages;
  const here = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Packages;
  for (const [name, version] of Object.entries(wanted.dependencies))
    if (here.dependencies[name] !== version)
      throw new Error(`${commit} needs ${name} ${version}, and ${here.dependencies[name] ?? 'none'} is installed here`);
  run('cp', ['-al', join(ROOT, 'node_modules'), making], (said) => said);
  renameSync(making, folder);
  return folder;
}

function run(program: string, args: readonly string[], explain: (said: string) => string): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(explain(error?.message ?? stderr));
}

/**
 * Holds the headers true: each file that a module's header names exists and has to do with it, and each identifier in
 * backticks is in the code.
 *
 * Two files have to do with each other if one imports the other, at once or through one file between them, or if one
 * file imports both, because that file hands values from one to the other. Read from the source text, as
 * structure.test.ts does.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = /\.(ts|tsx|mjs)$/;
const MENTIONED_FILE = /(?<![\w/<.-])[\w[][\w[\].-]*(?:\/[\w[\].-]+)*\.(?:tsx?|mjs|sql|py|css|md)(?![\w/])/g;
const MENTIONED_NAME = /`([A-Za-z_]\w*)(?:\(\))?`/g;

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n');
const text = new Map(
  tracked
    .filter((file) => /\.(ts|tsx|mjs|sql|py|css|md|json|yaml)$/.test(file))
    .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);
const sources = [...text.keys()].filter((file) => SOURCE.test(file));

function headerOf(file: string): string {
  const found = /^(?:#!.*\n)?(?:import [^\n]*\n)*\/\*\*([\s\S]*?)\*\//.exec(text.get(file)!);
  return found?.[1]?.replaceAll(/^\s*\*/gm, '') ?? '';
}

/** From a file to those that it names in a string, by import or as something that it reads. */
const reaches = new Map(
  sources.map((file) => {
    const named = [...text.get(file)!.matchAll(/['"`](\.\.?\/[^'"`\n$]+|[\w-]+\.(?:sql|py|mjs))['"`]/g)].map(
      ([, path]) => relative(ROOT, resolve(ROOT, dirname(file), path!)),
    );
    return [file, new Set(named.filter((path) => text.has(path)))] as const;
  }),
);
const reachedBy = new Map<string, Set<string>>();
for (const [file, others] of reaches)
  for (const other of others) reachedBy.set(other, (reachedBy.get(other) ?? new Set()).add(file));

function neighbours(file: string): Set<string> {
  return new Set([...(reaches.get(file) ?? []), ...(reachedBy.get(file) ?? [])]);
}

function areRelated(one: string, other: string): boolean {
  if (dirname(one) === dirname(other)) return true;
  const near = neighbours(one);
  return near.has(other) || [...near].some((between) => neighbours(between).has(other));
}

/** What a mention can mean: a path from the root, or the end of one. */
function meant(mention: string): string[] {
  return [...text.keys()].filter((file) => file === mention || file.endsWith(`/${mention}`));
}

describe('the headers of modules', () => {
  it('name files that exist and have to do with them', () => {
    const untrue = sources.flatMap((file) =>
      [...headerOf(file).matchAll(MENTIONED_FILE)].flatMap(([mention]) => {
        const files = meant(mention);
        if (files.length === 0) return [`${file} names ${mention}, which does not exist`];
        return files.some((other) => !SOURCE.test(other) || areRelated(file, other))
          ? []
          : [`${file} names ${mention}, which has nothing to do with it`];
      }),
    );
    assert.deepEqual(untrue, []);
  });

  it('name identifiers that are in the code', () => {
    const code = [...text]
      .filter(([file]) => !file.endsWith('.md'))
      .map(([, source]) => source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*(?:\/\/|#|--).*$/gm, ''));
    const words = new Set(code.join('\n').match(/\w+/g));
    const untrue = sources.flatMap((file) =>
      [...headerOf(file).matchAll(MENTIONED_NAME)]
        .filter(([, name]) => !words.has(name!))
        .map(([, name]) => `${file} names ${name}, which is nowhere in the code`),
    );
    assert.deepEqual(untrue, []);
  });
});

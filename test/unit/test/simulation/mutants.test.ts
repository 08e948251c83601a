/**
 * The deliberate bugs of the simulation are what they say: each has its points in the source, and its changed sources
 * are correct TypeScript, so that a bug is never caught only because its code does not run. Found in seconds, where the
 * simulation (test/simulation/mutations.test.ts) takes minutes.
 */
import assert from 'node:assert/strict';
import { dirname, join, resolve } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { mutatedSources, mutationPoints } from '../../../simulation/mutants.ts';
import { MUTATIONS } from '../../../simulation/mutations.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const POINTS = mutationPoints();

it('every mutation point of the source is named once, and a bug uses it', () => {
  const used = MUTATIONS.flatMap(({ edits }) =>
    edits.flatMap((edit) => (edit.action === 'move' ? [edit.at, edit.before] : [edit.at])),
  );
  assert.deepEqual(POINTS.map(({ name }) => name).sort(), [...new Set(used)].sort());
});

it('a point that is missing, named twice, or without the part that a bug changes is an error that says so', () => {
  const { name, file, position } = POINTS.find((point) => point.name === 'cut-offset')!;
  const edit = { at: name, action: 'replace', part: 'condition', text: 'true' } as const;
  assert.throws(() => mutatedSources([edit], []), /expected one comment "\/\/ mutation: cut-offset", found 0/);
  const twice = [name, name].map((each) => ({ name: each, file, position }));
  assert.throws(() => mutatedSources([edit], twice), /found 2: speed-layer\/\S+, speed-layer\/\S+/);
  assert.throws(() => mutatedSources([edit], POINTS), /the mutation point cut-offset has no "condition"/);
});

it('every bug changes its files, and the compiler accepts what comes out', () => {
  const changed = new Map<string, { bug: string; text: string }>();
  for (const [index, { bug, edits }] of MUTATIONS.entries())
    for (const [file, text] of mutatedSources(edits, POINTS)) {
      assert.notEqual(text, ts.sys.readFile(join(ROOT, file)), `${bug} changes nothing in ${file}`);
      changed.set(join(ROOT, dirname(file), `mutant-${index}.ts`), { bug, text });
    }
  assert.deepEqual(faultsOf(changed), []);
});

/** What the compiler says of these sources, each beside the file that it would replace. */
function faultsOf(changed: ReadonlyMap<string, { bug: string; text: string }>): string[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['sightline.ts'] }, ts.sys, ROOT);
  // A bug may leave something behind that nobody uses or reaches any more.
  const settings = { ...options, noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true };
  const host = ts.createCompilerHost(settings);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => changed.has(resolve(path)) || fileExists(path);
  host.readFile = (path) => changed.get(resolve(path))?.text ?? readFile(path);
  const program = ts.createProgram([...changed.keys()], settings, host);
  return [...changed].flatMap(([path, { bug }]) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${bug}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

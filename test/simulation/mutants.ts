/**
 * Puts a deliberate bug of mutations.ts into the source, by its syntax tree.
 *
 * A *mutation point* is a comment `// mutation: NAME` above a statement, or above a property of an object. Names are
 * unique in the repository, so an edit names neither a file nor an identifier: code may be renamed, moved and
 * formatted. mutations.test.ts runs the changed sources, test/unit/test/simulation/mutants.test.ts checks their types.
 * No file is changed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * A part of the statement at a point: the statement; what an `if` asks; what is returned, assigned or done; or the
 * outermost expression of an operator, which must be one: `?:` stands for a choice, `()` for a call.
 */
export type Part = 'statement' | 'condition' | 'value' | { readonly operator: string };

export type Edit =
  | { readonly at: string; readonly action: 'remove' }
  | { readonly at: string; readonly action: 'move'; readonly before: string }
  | { readonly at: string; readonly action: 'insert'; readonly side: 'before' | 'after'; readonly text: string }
  /**
   * In `text` `$` is the part as it is, `$1`, `$2` … are its operands or arguments. Other identifiers are checked by
   * the compiler in the unit test.
   */
  | { readonly at: string; readonly action: 'replace'; readonly part: Part; readonly text: string };

export interface Point {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Where the comment begins. */
  readonly position: number;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['core', 'speed-layer', 'batch-layer', 'serving', 'admin', 'hadoop-compose', 'test/simulation'];
const POINT = /^[ \t]*\/\/ mutation: (\S+)$/gm;

/** Every mutation point of the repository, in the order of files. */
export function mutationPoints(): Point[] {
  return FOLDERS.flatMap(sourcesBelow).flatMap((file) =>
    [...readSource(file).matchAll(POINT)].map((found) => ({
      name: found[1]!,
      file,
      position: found.index + found[0].indexOf('//'),
    })),
  );
}

/** The sources that these edits change, by file. Throws if a point does not exist once, or has no such part. */
export function mutatedSources(edits: readonly Edit[], points: readonly Point[]): Map<string, string> {
  const changes = new Map<string, Change[]>();
  for (const edit of edits) {
    const { file, position } = pointOf(edit.at, points);
    const source = parse(file);
    const node = nodeAt(source, position, edit.at);
    changes.set(file, [...(changes.get(file) ?? []), ...changesOf(edit, node, source, points)]);
  }
  return new Map([...changes].map(([file, each]) => [file, applied(readSource(file), each)]));
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function changesOf(edit: Edit, node: ts.Node, source: ts.SourceFile, points: readonly Point[]): Change[] {
  const [from, to] = [node.getStart(source), node.getEnd()];
  switch (edit.action) {
    case 'remove':
      return [{ from, to, text: '' }];
    case 'move': {
      const target = pointOf(edit.before, points);
      if (target.file !== pointOf(edit.at, points).file)
        throw new Error(`${edit.at} and ${edit.before} are in two files`);
      const at = nodeAt(source, target.position, edit.before).getStart(source);
      return [
        { from, to, text: '' },
        { from: at, to: at, text: `${node.getText(source)}\n` },
      ];
    }
    case 'insert': {
      const at = edit.side === 'before' ? from : to;
      return [{ from: at, to: at, text: `\n${edit.text}\n` }];
    }
    case 'replace': {
      const part = partOf(edit.part, node, edit.at);
      const text = filledIn(edit.text, part, source);
      return [{ from: part.getStart(source), to: part.getEnd(), text: ts.isExpression(part) ? `(${text})` : text }];
    }
  }
}

/** The text with the part and its operands in place of `$`, `$1`, `$2` … */
function filledIn(text: string, part: ts.Node, source: ts.SourceFile): string {
  const operands = operandsOf(part);
  return text.replace(/\$(\d?)/g, (_, index: string) => {
    const node = index === '' ? part : operands[Number(index) - 1];
    if (!node) throw new Error(`${text}: there are ${operands.length} operands in ${part.getText(source)}`);
    return ts.isIdentifier(node) ? node.text : `(${node.getText(source)})`;
  });
}

function operandsOf(node: ts.Node): ts.Node[] {
  if (ts.isBinaryExpression(node)) {
    const { left, right, operatorToken } = node;
    const isChain = ts.isBinaryExpression(left) && left.operatorToken.kind === operatorToken.kind;
    return [...(isChain ? operandsOf(left) : [left]), right];
  }
  if (ts.isConditionalExpression(node)) return [node.condition, node.whenTrue, node.whenFalse];
  if (ts.isCallExpression(node)) return [...node.arguments];
  return [];
}

function partOf(part: Part, node: ts.Node, name: string): ts.Node {
  if (part === 'statement') return node;
  const found = part === 'condition' ? conditionOf(node) : part === 'value' ? valueOf(node) : operationIn(node, part);
  if (!found) throw new Error(`the statement at the mutation point ${name} has no ${JSON.stringify(part)}`);
  return found;
}

function conditionOf(node: ts.Node): ts.Node | undefined {
  return ts.isIfStatement(node) ? node.expression : undefined;
}

function valueOf(node: ts.Node): ts.Node | undefined {
  if (ts.isReturnStatement(node)) return node.expression;
  if (ts.isPropertyAssignment(node)) return node.initializer;
  if (ts.isVariableStatement(node)) {
    const [declaration] = node.declarationList.declarations;
    const initializer = declaration?.initializer;
    return initializer && ts.isArrowFunction(initializer) ? initializer.body : initializer;
  }
  if (!ts.isExpressionStatement(node)) return undefined;
  const { expression } = node;
  return ts.isBinaryExpression(expression) ? expression.right : expression;
}

/** The outermost expression with this operator; a chain such as `a && b && c` is one. */
function operationIn(node: ts.Node, { operator }: { readonly operator: string }): ts.Node | undefined {
  const found: ts.Node[] = [];
  const visit = (each: ts.Node): void => {
    const is =
      (ts.isBinaryExpression(each) && each.operatorToken.getText() === operator) ||
      (ts.isConditionalExpression(each) && operator === '?:') ||
      (ts.isCallExpression(each) && operator === '()');
    if (is) found.push(each);
    else ts.forEachChild(each, visit);
  };
  visit(node);
  return found.length === 1 ? found[0] : undefined;
}

function pointOf(name: string, points: readonly Point[]): Point {
  const found = points.filter((point) => point.name === name);
  if (found.length === 1) return found[0]!;
  const places = found.map(({ file }) => file).join(', ') || 'in no file';
  throw new Error(`expected one comment "// mutation: ${name}", found ${found.length}: ${places}`);
}

/** The largest node that begins behind the comment at this position. */
function nodeAt(source: ts.SourceFile, position: number, name: string): ts.Node {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (found || position >= node.getEnd()) return;
    if (node.getFullStart() <= position && position < node.getStart(source)) found = node;
    else ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  if (!found) throw new Error(`there is no statement behind the comment "// mutation: ${name}" in ${source.fileName}`);
  return found;
}

function applied(text: string, changes: readonly Change[]): string {
  const last = [...changes].sort((a, b) => b.from - a.from || b.to - a.to);
  return last.reduce((before, { from, to, text: put }) => before.slice(0, from) + put + before.slice(to), text);
}

const parsed = new Map<string, ts.SourceFile>();

function parse(file: string): ts.SourceFile {
  let source = parsed.get(file);
  if (!source) parsed.set(file, (source = ts.createSourceFile(file, readSource(file), ts.ScriptTarget.ES2022, true)));
  return source;
}

function readSource(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesBelow(path);
      return entry.name.endsWith('.ts') ? [path] : [];
    })
    .sort();
}

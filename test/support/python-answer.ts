/**
 * What a Python script answers: it prints one JSON value as its last line.
 *
 * The process leaves as soon as it has answered. Python's own end is left out, since pyarrow's threads may still be
 * letting go of objects then and end one process in a hundred on a busy machine with "terminate called without an
 * active exception" (apache/arrow#34314), after all is read and printed.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const AND_LEAVE = `
import os, sys
sys.stdout.flush()
os._exit(0)
`;

export interface AsPython {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Throws what the script threw, with all that it wrote to stderr. */
export async function pythonAnswer<Answer = Record<string, unknown>>(
  python: string,
  script: string,
  { args = [], ...where }: AsPython = {},
): Promise<Answer> {
  const { stdout } = await promisify(execFile)(python, ['-c', script + AND_LEAVE, ...args], {
    ...where,
    timeout: 300_000,
    maxBuffer: 64 << 20,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
}

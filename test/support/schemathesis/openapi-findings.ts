/**
 * What schemathesis finds in a running app: answers that are not what its OpenAPI document says.
 *
 * It draws questions that the document's schemas take and questions that they do not, from a fixed seed and a bounded
 * number, and uses methods that no path has. It lives in a Python environment of its own below `.sightline`, made once,
 * packages pinned with hashes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentOf } from '../../../hadoop-compose/cameras/venv.ts';
import { ROOT } from '../main-job.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SEED = 1;
/** Of each path, drawn at random; what each schema has for edges comes besides. */
const DRAWN = 5;
const OPTIONS = [
  '--no-color',
  'run',
  '--seed',
  String(SEED),
  '-n',
  String(DRAWN),
  '--workers',
  '2',
  '--request-timeout',
  '60',
  '--generation-database',
  'none',
];
/** findings.py has them, with patience for a busy machine and with what two parameters mean together. */
const REPLACED = ['--exclude-checks', 'positive_data_acceptance,not_a_server_error'];
const LIMIT_MS = 600_000;

export interface Findings {
  readonly cases: number;
  readonly isClean: boolean;
  /** All that schemathesis printed: each finding with the request that repeats it. */
  readonly text: string;
}

export async function openApiFindings(address: string): Promise<Findings> {
  const home = resolve(process.env.SIGHTLINE_HOME || join(ROOT, '.sightline'));
  const python = await environmentOf(join(home, 'schemathesis'), [join(HERE, 'requirements.txt')]);
  const folder = await mkdtemp(join(tmpdir(), 'sightline-schemathesis-'));
  try {
    const env = { ...process.env, PYTHONPATH: HERE, PYTHONDONTWRITEBYTECODE: '1', SCHEMATHESIS_HOOKS: 'findings' };
    return await promisify(execFile)(
      join(dirname(python), 'st'),
      [...OPTIONS, ...REPLACED, `${address}/api/v1/openapi.json`],
      {
        cwd: folder,
        env,
        timeout: LIMIT_MS,
        maxBuffer: 64 << 20,
      },
    ).then(
      ({ stdout }) => ({ cases: casesOf(stdout), isClean: true, text: stdout }),
      ({ stdout = '', stderr = '', message }: { stdout?: string; stderr?: string; message: string }) => ({
        cases: casesOf(stdout),
        isClean: false,
        text: stdout || `${message}\n${stderr}`,
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const casesOf = (text: string): number => Number(/(\d+) generated/.exec(text)?.[1] ?? 0);

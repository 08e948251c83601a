/**
 * Which processes `npm start` runs besides the daemons and the cameras: speed workers, the batch scheduler, the app,
 * and with `--footage` the agent, settling, and where Spark is set up the analysis.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../core/process/config.ts';
import { EXIT, Refusal } from '../../core/process/errors.ts';
import { sparkSubmit } from '../../core/process/spark-home.ts';
import type { Say } from '../../core/process/step-log.ts';
import { markOfPart } from '../cluster/left-behind.ts';
import { targetsFolder } from '../stack/stack.ts';
import type { KafkaUser } from '../secured/secrets.ts';
import type { Stack } from '../stack/stack.ts';
import type { Part, PartHooks } from './part.ts';
import { startPart } from './part.ts';

const PROGRAM = fileURLToPath(new URL('../../sightline.mjs', import.meta.url));

const SETTLE_EVERY_SECONDS = 5;
const ANALYSE_EVERY_SECONDS = 60;

export interface PartsPlan {
  /** The words after `sightline` of each process that counts. */
  readonly speed: readonly string[][];
  /** Whether Prometheus and Alertmanager are run too. */
  readonly observes: boolean;
  /** Whether footage is taken in. */
  readonly footage: boolean;
  /** Whether Spark analyses it. */
  readonly analyses: boolean;
  /** As whom a part enters the stores. */
  readonly environment: (user: KafkaUser) => NodeJS.ProcessEnv;
  /** Whose parts they are; their logs go there too. */
  readonly stack: Pick<Stack, 'folder'>;
}

/**
 * Starts them all. A part that refuses to run ends everything: `refused` is aborted with its last words as the reason.
 */
export function startParts(plan: PartsPlan, tell: (text: string) => void, refused: AbortController): Part[] {
  const hooks: PartHooks = {
    onDeath: (name, how, againInMs, lastLines) =>
      tell(`${name} died (${how}) and is started again in ${(againInMs / 1_000).toFixed(1)} s\n${indent(lastLines)}`),
    onRefusal: (name, lastLines) =>
      refused.abort(new Refusal(EXIT.usage, `${name} refuses to run:\n${indent(lastLines)}`)),
  };
  forgetTargets(targetsFolder(plan.stack));
  const part = (name: string, user: KafkaUser, words: string[], stopLimitMs: number): Part => {
    const args = [`--part-of=${markOfPart(plan.stack, name)}`, ...words];
    return startPart(
      PROGRAM,
      {
        name,
        args,
        environment: { ...plan.environment(user), ...targetOf(plan.stack, name) },
        logFile: `${plan.stack.folder}/logs/${name}.log`,
        stopLimitMs,
      },
      hooks,
    );
  };
  const workers = plan.speed.map((words, i) => part(`speed-${i + 1}`, 'speed', words, 30_000));
  const observers = plan.observes ? [part('observe', 'operator', ['observe'], 20_000)] : [];
  const footage = plan.footage
    ? [
        part('footage-agent', 'operator', ['footage', 'agent'], 15_000),
        part('footage-settle', 'operator', ['footage', 'settle', '--every', String(SETTLE_EVERY_SECONDS)], 10_000),
        ...(plan.analyses
          ? [
              part(
                'footage-analyse',
                'operator',
                ['footage', 'analyse', '--every', String(ANALYSE_EVERY_SECONDS)],
                15_000,
              ),
            ]
          : []),
      ]
    : [];
  const batch = part('batch', 'batch', ['batch', 'schedule'], 60_000);
  return [...observers, part('app', 'serving', ['serve'], 10_000), ...workers, batch, ...footage];
}

/** Whether Spark is there; if not, says how to set it up. */
export function canAnalyse(config: Config, say: Say): boolean {
  if (existsSync(sparkSubmit(config))) return true;
  say('footage', 'is not analysed, because Spark is not set up; "npx sightline spark setup" does it (about 450 MB)');
  return false;
}

/** Tells a part under which name, and in which folder, it writes down where its metrics are. */
export function targetOf(stack: PartsPlan['stack'], name: string): Record<string, string> {
  return { METRICS_TARGETS: targetsFolder(stack), METRICS_NAME: name };
}

/** What the parts of a start that was killed could not remove; `sightline observe` may run beside and keeps its own. */
function forgetTargets(folder: string): void {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  for (const file of files.filter((name) =>
    /^(app|batch|cameras|footage-(agent|settle|analyse)|speed-\d+)\.json$/.test(name),
  ))
    rmSync(`${folder}/${file}`);
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

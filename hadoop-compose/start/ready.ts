/**
 * Waiting for what `npm start` has begun: the app, Prometheus and Alertmanager, and a speed worker that counts.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import { hostPort } from '../../core/process/host-port.ts';
import type { Target } from '../../core/process/metrics-target.ts';
import type { Say } from '../../core/process/step-log.ts';
import type { WebAnswer } from '../cluster/web.ts';
import { askUrl } from '../cluster/web.ts';
import { loopback } from '../stack/ports.ts';
import { targetsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';

type Asking = (signal: AbortSignal) => Promise<WebAnswer>;

const READY_LIMIT_MS = 120_000;
const COUNTING_LIMIT_MS = 30_000;

/** `ask` asks where the machine's authorities do not do. */
export async function becomeReady(
  url: string,
  signal: AbortSignal,
  ask: Asking = (limit) => askUrl(new URL(url), { signal: limit }),
): Promise<void> {
  const deadlineMs = Date.now() + READY_LIMIT_MS;
  let last = 'it does not answer';
  while (Date.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      const { status, text } = await ask(AbortSignal.any([signal, AbortSignal.timeout(5_000)]));
      if (status < 300) return;
      last = `${status} ${text.slice(0, 300)}`;
    } catch {
      signal.throwIfAborted();
    }
    await pause(200, undefined, { signal });
  }
  throw new Refusal(EXIT.dependency_down, `${url} was not ready after ${READY_LIMIT_MS / 1_000} s: ${last}`);
}

export async function sayObservers({ ports }: Stack, say: Say, stop: AbortSignal): Promise<void> {
  for (const name of ['prometheus', 'alertmanager'] as const) {
    const url = `http://${hostPort(loopback, ports[name])}`;
    await becomeReady(`${url}/-/ready`, stop);
    say(name, `answers at ${url}`);
  }
}

/**
 * Waits until one of the speed workers is ready, so that the first detection is counted when it is published. A worker
 * may wait for something that an operator mends; then the cameras begin all the same, as real ones do.
 */
export async function somebodyCounts(
  stack: Pick<Stack, 'folder'>,
  workers: number,
  say: Say,
  stop: AbortSignal,
): Promise<void> {
  const deadlineMs = Date.now() + COUNTING_LIMIT_MS;
  let last = 'no speed worker has started yet';
  while (Date.now() < deadlineMs) {
    for (let number = 1; number <= workers; number++) {
      try {
        const answer = await fetch(readyAddress(stack, `speed-${number}`), {
          signal: AbortSignal.any([stop, AbortSignal.timeout(5_000)]),
        });
        if (answer.ok) return;
        last = (await answer.text()).trim();
      } catch (fault) {
        stop.throwIfAborted();
        last = messageOf(fault);
      }
    }
    await pause(200, undefined, { signal: stop });
  }
  say('speed', `no worker counts after ${COUNTING_LIMIT_MS / 1_000} s (${last}); the cameras begin all the same`);
}

/** Where a part said that its metrics are; readiness is beside them. */
function readyAddress(stack: Pick<Stack, 'folder'>, name: string): string {
  const [{ targets }] = JSON.parse(readFileSync(`${targetsFolder(stack)}/${name}.json`, 'utf8')) as [Target];
  return `http://${targets[0]}/readyz`;
}

/**
 * A token that somebody else makes and renews: a file holds it, and a newer one appears there.
 *
 * core/stores/hdfs shows it with each request, core/hbase with each sign-in. Without a file the token stays what it
 * was when the process started.
 */
import { readFileSync, statSync } from 'node:fs';
import { EXIT, messageOf, Refusal } from './errors.ts';

/** How a setting gives it. `variable`: the setting's name, for messages. */
export interface GivenToken {
  readonly variable: string;
  readonly token: string;
  readonly file: string | undefined;
}

export interface HeldToken {
  /** Looks at the file now and then. Throws a Refusal when the file cannot be read any more. */
  current(): string;
  /** Looks at the file at once: whether it holds another token now. */
  renew(): boolean;
}

const LOOK_EVERY_MS = 5_000;

export function heldToken({ variable, token, file }: GivenToken): HeldToken {
  if (file === undefined) return { current: () => token, renew: () => false };
  let held = token;
  let lookedAt = Date.now();
  let changedAt = changeOf(file);
  const renew = (): boolean => {
    lookedAt = Date.now();
    const change = changeOf(file);
    if (change === changedAt) return false;
    changedAt = change;
    const before = held;
    held = readToken(variable, file);
    return held !== before;
  };
  return {
    current() {
      if (Date.now() - lookedAt > LOOK_EVERY_MS) renew();
      return held;
    },
    renew,
  };
}

function changeOf(file: string): number {
  try {
    const { mtimeMs, ino } = statSync(file);
    return mtimeMs + ino;
  } catch {
    // It is being replaced; the next look finds it.
    return -1;
  }
}

function readToken(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (fault) {
    throw new Refusal(EXIT.usage, `${variable}_FILE ${file} cannot be read any more: ${messageOf(fault)}`, fault);
  }
}

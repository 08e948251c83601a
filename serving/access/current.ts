/** The gate and the sign-in of this process, made from the environment when first asked for; shared by routes and pages. */
import type { Config } from '../../core/process/config.ts';
import { readConfig } from '../../core/process/config.ts';
import type { Gate } from './gate.ts';
import { createGate } from './gate.ts';
import type { SignIn } from './oidc.ts';
import { signIn } from './oidc.ts';
import { checkAccess } from './settings.ts';

const HELD = Symbol.for('sightline.access');

export interface Access {
  readonly mode: Config['AUTH'];
  readonly gate: Gate;
  /** Null unless AUTH=oidc. */
  readonly signIn: SignIn | null;
}

type Holder = { [HELD]?: Access };

export function currentAccess(): Access {
  const holder = globalThis as Holder;
  return (holder[HELD] ??= accessOf(readConfig()));
}

/** Throws a Refusal if the settings do not fit. */
export function accessOf(config: Config): Access {
  checkAccess(config);
  return { mode: config.AUTH, gate: createGate(config), signIn: config.AUTH === 'oidc' ? signIn(config) : null };
}

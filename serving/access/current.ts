/**
 * The gate and the sign-in of this process, made from the environment when first asked for; shared by routes and pages.
 */
import type { Config } from '../../core/process/config.ts';
import type { Audit } from '../../core/process/audit.ts';
import { createAudit } from '../../core/process/audit.ts';
import { readConfig } from '../../core/process/config.ts';
import { createLog } from '../../core/process/log.ts';
import type { Gate } from './gate.ts';
import { createGate } from './gate.ts';
import type { SignIn } from './oidc.ts';
import { signIn } from './oidc.ts';
import { checkAccess } from './settings.ts';

const HELD = Symbol.for('sightline.access');

export interface Access {
  readonly mode: Config['AUTH'];
  readonly gate: Gate;
  readonly audit: Audit;
  /** Null unless AUTH=oidc. */
  readonly signIn: SignIn | null;
}

type Holder = { [HELD]?: Access };

export function currentAccess(): Access {
  const holder = globalThis as Holder;
  return (holder[HELD] ??= accessOf(readConfig()));
}

/** Throws a Refusal if the settings do not fit. */
export function accessOf(config: Config, now: () => number = Date.now): Access {
  checkAccess(config);
  const log = createLog('serving', config.LOG_LEVEL);
  const audit = createAudit({
    process: 'serving',
    file: config.AUDIT_FILE,
    onFault: (fault) => log.error({ err: fault }, 'the audit trail cannot be written'),
  });
  return {
    mode: config.AUTH,
    gate: createGate(config, now, audit),
    audit,
    signIn: config.AUTH === 'oidc' ? signIn(config, now) : null,
  };
}

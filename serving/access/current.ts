/**
 * The gate and the sign-in of this process, created from the environment by the first use; routes and pages share them.
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

const ACCESS_KEY = Symbol.for('sightline.access');

export interface Access {
  readonly mode: Config['AUTH'];
  readonly gate: Gate;
  readonly audit: Audit;
  /** Null unless AUTH=oidc. */
  readonly signIn: SignIn | null;
}

type Holder = { [ACCESS_KEY]?: Access };

export function currentAccess(): Access {
  const holder = globalThis as Holder;
  return (holder[ACCESS_KEY] ??= accessOf(readConfig()));
}

/** Throws a Refusal if the settings contradict each other. */
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

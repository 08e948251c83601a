/**
 * Kerberos: one side of a GSS exchange, by the optional package "kerberos", which is loaded only when it is asked for.
 *
 * core/hbase signs its connections in with it, core/stores/hdfs its requests. libkrb5 keeps the tickets: with a keytab
 * it gets them by itself, in memory, and new ones from half of their life on, so nobody runs kinit. It reads where the
 * keytab is from the environment of the process, so one process has one identity. A fault names the principal, the
 * server and the step, and never holds a key or a token.
 */
import { createRequire } from 'node:module';
import { EXIT, messageOf, Refusal, Retryable } from './errors.ts';
import type { KerberosIdentity } from './security-settings.ts';

/** What is used of the package: tokens are base64. */
interface Client {
  readonly contextComplete: boolean;
  readonly response: string;
  step(challenge: string): Promise<string>;
  wrap(challenge: string, options: { user: string }): Promise<string>;
  unwrap(challenge: string): Promise<string>;
}
interface Package {
  readonly GSS_C_MUTUAL_FLAG: number;
  readonly GSS_C_INTEG_FLAG: number;
  readonly GSS_MECH_OID_KRB5: number;
  readonly GSS_MECH_OID_SPNEGO: number;
  initializeClient(service: string, options: Record<string, unknown>): Promise<Client>;
}

/** A server: `hbase` at `node7.example.org`. */
export interface Target {
  /** The dependency whose fault it is: `HBase`, `HDFS`, `ZooKeeper`. */
  readonly dependency: string;
  readonly service: string;
  readonly host: string;
}

export interface Exchange {
  readonly isComplete: boolean;
  /** Our next token for the server's; the first one answers nothing. */
  step(token: Buffer): Promise<Buffer>;
  unwrap(token: Buffer): Promise<Buffer>;
  /** The choice of no further layer, for a SASL server that offers one (RFC 4752, section 3.1). */
  wrapChoice(): Promise<Buffer>;
}

/** For SASL, or (`negotiate`) for an HTTP header. Throws a Refusal or a Retryable. */
export async function beginExchange(
  identity: KerberosIdentity,
  target: Target,
  way: 'sasl' | 'negotiate' = 'sasl',
): Promise<Exchange> {
  const kerberos = loadKerberos(identity);
  const guarded = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw kerberosFault(identity, target, step, thrown);
    }
  };
  const client = await guarded('getting a ticket', () =>
    kerberos.initializeClient(`${target.service}@${target.host}`, {
      mechOID: way === 'negotiate' ? kerberos.GSS_MECH_OID_SPNEGO : kerberos.GSS_MECH_OID_KRB5,
      gssFlag: kerberos.GSS_C_MUTUAL_FLAG | kerberos.GSS_C_INTEG_FLAG,
      ...(identity.principal === undefined ? {} : { principal: identity.principal }),
    }),
  );
  const bytes = (text: string | null): Buffer => Buffer.from(text ?? '', 'base64');
  return {
    get isComplete() {
      return client.contextComplete;
    },
    step: (token) =>
      guarded('asking for the ticket of the server', async () => {
        await client.step(token.toString('base64'));
        return bytes(client.response);
      }),
    unwrap: (token) =>
      guarded('reading what the server offers', async () => bytes(await client.unwrap(token.toString('base64')))),
    wrapChoice: () =>
      // The package writes the layer and the length itself; it wants four bytes to write over.
      guarded('answering what the server offers', async () =>
        bytes(await client.wrap(Buffer.alloc(8).toString('base64'), { user: '' })),
      ),
  };
}

let loaded: Package | undefined;

function loadKerberos({ principal, keytab }: KerberosIdentity): Package {
  if (loaded !== undefined) return loaded;
  if (keytab !== undefined) {
    process.env.KRB5_CLIENT_KTNAME = `FILE:${keytab}`;
    // A cache of its own: tickets of whoever started the process are another identity.
    process.env.KRB5CCNAME = `MEMORY:sightline-${principal ?? ''}`;
  }
  try {
    // The name in a variable: a bundler must not look for an optional package.
    const name = 'kerberos';
    return (loaded = createRequire(import.meta.url)(name) as Package);
  } catch (fault) {
    throw new Refusal(
      EXIT.usage,
      `Kerberos is asked for (HDFS_AUTH, HBASE_AUTH or ZOOKEEPER_AUTH), and the package "kerberos" cannot be loaded: ` +
        `${messageOf(fault).split('\n')[0]}. Install the headers of MIT Kerberos (Debian and Ubuntu: apt-get install ` +
        'libkrb5-dev; Red Hat: krb5-devel), then run "npm rebuild kerberos --ignore-scripts=false" in the folder of ' +
        'Sightline.',
      fault,
    );
  }
}

interface Explained {
  readonly words: RegExp;
  readonly mayPass?: boolean;
  readonly remedy: string;
}

/** What libkrb5 says, and what to do. */
const EXPLAINED: readonly Explained[] = [
  {
    words: /Cannot contact any KDC|Cannot resolve network address|Cannot find KDC|Resource temporarily unavailable/i,
    mayPass: true,
    remedy:
      'the KDC does not answer: check [realms] in the file that KRB5_CONFIG names (or /etc/krb5.conf), and the KDC',
  },
  {
    words: /Clock skew/i,
    remedy:
      'the clocks of this machine and of the KDC or the server differ by more than Kerberos allows: set them right',
  },
  {
    words: /Can't find client principal/i,
    remedy:
      'neither HADOOP_KEYTAB nor the tickets of kinit hold HADOOP_PRINCIPAL: "klist -k" and "klist" list what is ' +
      'there',
  },
  {
    words: /expired/i,
    remedy: 'run kinit again, or set HADOOP_PRINCIPAL and HADOOP_KEYTAB, with which Sightline gets tickets by itself',
  },
  {
    words: /No Kerberos credentials|No credentials cache|Credentials cache|credential cache|No credentials/i,
    remedy: 'there is no ticket: run kinit, or set HADOOP_PRINCIPAL and HADOOP_KEYTAB',
  },
  {
    words: /Server .* not found in Kerberos database|Server not found/i,
    remedy:
      'the KDC knows no such server: use the name that its principal holds as the host of the address, or set ' +
      'HBASE_SERVICE or ZOOKEEPER_SERVICE',
  },
  {
    words: /not found in Kerberos database|no suitable keys|key table entry not found|does not match/i,
    remedy: 'HADOOP_KEYTAB holds no key of HADOOP_PRINCIPAL: "klist -k" lists what it holds',
  },
  {
    words: /Preauthentication failed|Decrypt integrity|Password incorrect/i,
    remedy: 'the key in HADOOP_KEYTAB is an old one: export the keytab again',
  },
];

/** For a fault: what was shown to whom. */
export function ticketOf(
  { principal = 'the principal of kinit' }: KerberosIdentity,
  { service, host }: Target,
): string {
  return `the ticket of ${principal} for ${service}@${host}`;
}

/** What to do, as a sentence; null for words that nobody knows yet. */
export function kerberosRemedy(found: string): string | null {
  const known = EXPLAINED.find(({ words }) => words.test(found));
  return known === undefined ? null : `${known.remedy[0]!.toUpperCase()}${known.remedy.slice(1)}.`;
}

/** What a fault of libkrb5 means; exported for what a test cannot make, such as clocks that differ. */
export function kerberosFault(identity: KerberosIdentity, target: Target, step: string, thrown: unknown): Error {
  const found = messageOf(thrown)
    .replace(/^.*Minor code may provide more information:?\s*/i, '')
    .trim();
  const { principal = 'the principal of kinit', keytab } = identity;
  const isPassing = EXPLAINED.find(({ words }) => words.test(found))?.mayPass ?? false;
  const text =
    `${target.dependency}: Kerberos failed at ${step} ` +
    `(${principal}${keytab === undefined ? '' : `, keytab ${keytab}`} ` +
    `to ${target.service}@${target.host}): ${found}. ` +
    (kerberosRemedy(found) ?? 'KRB5_TRACE=/dev/stderr shows each step.');
  return isPassing ? new Retryable(target.dependency, text, thrown) : new Refusal(EXIT.usage, text, thrown);
}

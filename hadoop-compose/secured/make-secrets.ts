/**
 * Makes the secrets of a secured stack, once: passwords, an authority with one certificate for all daemons, and what
 * Kerberos needs to find the KDC. cluster/up.ts calls it before it writes the configuration.
 *
 * passwords.json is written last, so a stack that has it has everything else. Nothing secret stands on a command line:
 * keytool reads its password from the environment. The KDC writes the keytabs (Kdc.java).
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../core/process/errors.ts';
import { ClusterError } from '../stack/errors.ts';
import { secretsFolder } from '../stack/stack.ts';
import type { Stack } from '../stack/stack.ts';
import { HOST, KAFKA_USERS, KEYTABS, kafkaPassword, readSecrets, REALM, secretFile } from './secrets.ts';
import type { Secrets } from './secrets.ts';
import { newTokenKey, TOKEN_KEY_FILE, TOKEN_KEYS_FILE } from './token-key.ts';

const run = promisify(execFile);
const OWNER_ONLY = 0o600;
const VALID_DAYS = '825';
const EXPORT_KEY = fileURLToPath(new URL('ExportKey.java', import.meta.url));

export async function makeSecrets(stack: Stack, java: string): Promise<void> {
  const folder = secretsFolder(stack);
  await mkdir(join(folder, 'keytabs'), { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (!existsSync(secretFile(stack, 'passwords.json'))) {
    const secrets = newSecrets();
    await makeCertificates(stack, java, secrets.store);
    await writeSecret(stack, 'passwords.json', JSON.stringify(secrets, null, 2));
  }
  const secrets = completed(readSecrets(stack));
  await writeSecret(stack, 'passwords.json', JSON.stringify(secrets, null, 2));
  if (!existsSync(secretFile(stack, 'server.key'))) await exportKey(stack, java, secrets.store);
  if (!existsSync(secretFile(stack, TOKEN_KEYS_FILE))) {
    const { key, keys } = newTokenKey();
    await writeSecret(stack, TOKEN_KEY_FILE, key);
    await writeSecret(stack, TOKEN_KEYS_FILE, keys);
  }
  await writeTexts(stack, secrets);
}

/** Node and librdkafka read PEM. */
async function exportKey(stack: Stack, java: string, password: string): Promise<void> {
  const { stdout } = await run(java, [EXPORT_KEY, secretFile(stack, 'server.p12'), 'server'], {
    env: { ...process.env, STORE_PASSWORD: password },
    timeout: 60_000,
  });
  await writeSecret(stack, 'server.key', stdout);
}

const fresh = (): string => randomBytes(24).toString('base64url');

/** A stack of an earlier version may lack a principal. */
function completed(secrets: Secrets): Secrets {
  const principals = [`krbtgt/${REALM}`, ...Object.values(KEYTABS).flat()];
  return {
    ...secrets,
    principals: Object.fromEntries(principals.map((name) => [name, secrets.principals[name] ?? fresh()])),
  };
}

function newSecrets(): Secrets {
  return completed({
    principals: {},
    kafka: Object.fromEntries(KAFKA_USERS.map((user) => [user, fresh()])),
    store: fresh(),
    cookies: fresh(),
  });
}

/** What follows from the secrets and the ports, anew at each start. */
async function writeTexts(stack: Stack, secrets: Secrets): Promise<void> {
  const lines = Object.entries({ krbtgt: [`krbtgt/${REALM}`], ...KEYTABS }).flatMap(([keytab, principals]) =>
    principals.map((principal) => `${keytab} ${principal} ${secrets.principals[principal]}`),
  );
  await writeSecret(stack, 'principals', `${lines.join('\n')}\n`);
  await writeSecret(stack, 'cookie-secret', secrets.cookies);
  await writeSecret(stack, 'krb5.conf', krb5Conf(stack));
  for (const user of KAFKA_USERS) await writeSecret(stack, `${user}.password`, kafkaPassword(secrets, user));
}

function krb5Conf({ ports }: Stack): string {
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${ports.kdc}
  }
[domain_realm]
  ${HOST} = ${REALM}
`;
}

async function writeSecret(stack: Stack, name: string, text: string): Promise<void> {
  const file = secretFile(stack, name);
  await writeFile(`${file}.part`, text, { mode: OWNER_ONLY });
  await rename(`${file}.part`, file);
}

async function makeCertificates(stack: Stack, java: string, password: string): Promise<void> {
  const folder = secretsFolder(stack);
  for (const name of await readdir(folder)) if (/\.(p12|pem|csr)$/.test(name)) await rm(join(folder, name));
  const keytool = java.includes('/') ? join(dirname(java), 'keytool') : 'keytool';
  const tool = (...args: string[]): Promise<unknown> =>
    run(keytool, [...args, '-storepass:env', 'STORE_PASSWORD'], {
      cwd: folder,
      env: { ...process.env, STORE_PASSWORD: password, LC_ALL: 'C' },
      timeout: 60_000,
    }).catch((fault: unknown) => {
      throw new ClusterError(`keytool could not make the certificates of the stack: ${messageOf(fault)}`);
    });
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-storetype', 'PKCS12', '-validity', VALID_DAYS];
  const names = ['-ext', `SAN=dns:${HOST},ip:127.0.0.1`];
  const authority = ['-ext', 'bc:c=ca:true', '-ext', 'KeyUsage:c=keyCertSign,cRLSign'];
  await tool(
    '-genkeypair',
    '-alias',
    'ca',
    '-dname',
    'CN=Sightline stack',
    ...authority,
    ...key,
    '-keystore',
    'ca.p12',
  );
  await tool('-exportcert', '-rfc', '-alias', 'ca', '-keystore', 'ca.p12', '-file', 'ca.pem');
  await tool('-genkeypair', '-alias', 'server', '-dname', `CN=${HOST}`, ...names, ...key, '-keystore', 'server.p12');
  await tool('-certreq', '-alias', 'server', '-keystore', 'server.p12', '-file', 'server.csr');
  await tool(
    ...['-gencert', '-rfc', '-alias', 'ca', '-keystore', 'ca.p12', '-infile', 'server.csr', '-outfile', 'server.pem'],
    ...['-validity', VALID_DAYS, ...names],
  );
  for (const [alias, file, store] of [
    ['ca', 'ca.pem', 'server.p12'],
    ['server', 'server.pem', 'server.p12'],
    ['ca', 'ca.pem', 'trust.p12'],
  ] as const)
    await tool('-importcert', '-noprompt', '-alias', alias, '-file', file, '-keystore', store);
  for (const name of await readdir(folder))
    if (/\.(p12|pem|csr)$/.test(name)) await chmod(join(folder, name), OWNER_ONLY);
}

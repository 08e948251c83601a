/**
 * Settings that hold certificates and keys in PEM: the identity that they make for TLS, and what is wrong with them.
 *
 * kafka-access.ts and security-settings.ts ask here. A fault names the setting and never shows a key.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { messageOf } from './errors.ts';

/** Without `ca` the machine's authorities count. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function tlsIdentity(ca: string | undefined, cert: string | undefined, key: string | undefined): TlsIdentity {
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

export interface PemSetting {
  readonly name: string;
  readonly text: string | undefined;
}

export function pemFaults(ca: PemSetting, cert: PemSetting, key: PemSetting): string[] {
  const faults: string[] = [];
  if (cert.text !== undefined && key.text === undefined)
    faults.push(`${key.name}: ${cert.name} is of no use without its key`);
  if (key.text !== undefined && cert.text === undefined)
    faults.push(`${cert.name}: ${key.name} is of no use without a certificate`);
  for (const { name, text } of [ca, cert])
    if (text !== undefined && certificateIn(text) === null)
      faults.push(
        `${name}: expected certificates in PEM ("-----BEGIN CERTIFICATE-----"), or ${name}_FILE=<path>; ` +
          'found something else',
      );
  if (key.text === undefined) return faults;
  try {
    const own = createPrivateKey(key.text);
    const certificate = cert.text === undefined ? null : certificateIn(cert.text);
    if (certificate !== null && !certificate.checkPrivateKey(own))
      faults.push(`${key.name}: it is not the key of ${cert.name}`);
  } catch (fault) {
    // Node's message names the kind of fault and never the key.
    faults.push(`${key.name}: expected a private key in PEM without a password, and found none (${messageOf(fault)})`);
  }
  return faults;
}

function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

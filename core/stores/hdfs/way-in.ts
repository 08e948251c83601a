/**
 * What a request to HDFS carries, so that HDFS lets it in: a name, a cookie, a delegation token, a password or a bearer
 * token.
 *
 * name-node.ts asks before each request. A cookie is renewed ahead of its end (cookie.ts); a token that a file holds is
 * read again when the file changes, because whoever made it renews it there.
 */
import type { HdfsCredential } from '../../process/hdfs-access.ts';
import type { TlsIdentity } from '../../process/pem.ts';
import type { HadoopAccess } from '../../process/security-settings.ts';
import { heldToken } from '../../process/held-token.ts';
import { signInTo } from './cookie.ts';

export interface WayIn {
  readonly headers: Readonly<Record<string, string>>;
  /** Part of the query. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Makes both valid for the next request. Throws a Refusal or a Retryable. */
  enter(): Promise<void>;
  /** HDFS did not let a request in: whether another try has something newer to show. */
  renew(): boolean;
}

export function wayIn(url: URL, user: string, access: HadoopAccess | undefined): WayIn {
  const { tls = {}, hdfs } = access ?? {};
  if (hdfs?.kerberos) return byTicket(url, hdfs.kerberos, tls);
  if (hdfs?.credential) return byCredential(hdfs.credential);
  return { headers: {}, parameters: { 'user.name': user }, enter: async () => undefined, renew: () => false };
}

function byTicket(url: URL, identity: NonNullable<HadoopAccess['hdfs']['kerberos']>, tls: TlsIdentity): WayIn {
  const signIn = signInTo(url, identity, tls);
  const headers: Record<string, string> = {};
  return {
    headers,
    parameters: {},
    async enter() {
      headers.cookie = await signIn.cookie();
    },
    // A cookie that has served is too old for a NameNode that has restarted: the next try brings another one.
    renew: () => signIn.drop(),
  };
}

function byCredential(credential: HdfsCredential): WayIn {
  const headers: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  if (credential.kind === 'basic') {
    const { username, password } = credential;
    headers.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return { headers, parameters, enter: async () => undefined, renew: () => false };
  }
  const { kind, token, file } = credential;
  const held = heldToken({ variable: 'HDFS_TOKEN', token, file });
  const show = (shown: string): void => {
    if (kind === 'bearer') headers.authorization = `Bearer ${shown}`;
    else parameters.delegation = shown;
  };
  show(token);
  return {
    headers,
    parameters,
    async enter() {
      show(held.current());
    },
    renew() {
      const isOther = held.renew();
      show(held.current());
      return isOther;
    },
  };
}

/**
 * One question over HTTP to a daemon of the stack: what probes.ts and hdfs-folders.ts ask with, and start/front.ts the
 * app.
 *
 * On a secured stack it goes over TLS, with the cookie that the administrator's ticket was exchanged for; elsewhere as
 * it is. Node's own fetch knows no authority of a stack, so this uses the older client.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { SignIn } from '../../core/stores/hdfs/cookie.ts';
import { signInTo } from '../../core/stores/hdfs/cookie.ts';
import { hostOf } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { administrator } from '../secured/identity.ts';

export interface WebAnswer {
  readonly status: number;
  readonly text: string;
}

export interface WebQuestion {
  readonly port: number;
  /** With its query. */
  readonly path: string;
  readonly method?: string;
  readonly signal: AbortSignal;
}

/** Throws if there is no answer, or no ticket. */
export async function askWeb(stack: Stack, { port, path, method = 'GET', signal }: WebQuestion): Promise<WebAnswer> {
  const isSecured = stack.isSecured === true;
  const url = new URL(`${isSecured ? 'https' : 'http'}://${hostOf(stack)}:${port}${path}`);
  if (!isSecured) return askUrl(url, { method, signal });
  const { ca, signIn } = entranceOf(stack, url);
  const options = { method, signal, ca };
  const answer = await askUrl(url, { ...options, headers: { cookie: await signIn.cookie() } });
  if (answer.status !== 401 || !signIn.drop()) return answer;
  return askUrl(url, { ...options, headers: { cookie: await signIn.cookie() } });
}

interface Entrance {
  readonly ca: string;
  readonly signIn: SignIn;
}

const entrances = new Map<string, Entrance>();

/** Kept for the life of the process: a sign-in costs more than an answer. */
function entranceOf(stack: Stack, url: URL): Entrance {
  const key = `${stack.folder} ${url.origin}`;
  const known = entrances.get(key);
  if (known) return known;
  const { tls, hdfs } = administrator(stack).HADOOP_ACCESS;
  const signIn = signInTo(
    url,
    hdfs.kerberos!,
    tls,
    url.pathname.startsWith('/jmx') ? '/jmx?qry=java.lang:type=Runtime' : undefined,
  );
  const entrance = { ca: tls.ca!, signIn };
  entrances.set(key, entrance);
  return entrance;
}

/** Without `ca` the machine's authorities count. */
export function askUrl(
  url: URL,
  options: { method?: string; signal: AbortSignal; ca?: string; headers?: Record<string, string> },
): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    // One connection a question, so that no daemon waits for ours when it is told to end.
    const asked = (url.protocol === 'https:' ? requestTls : requestPlain)(
      url,
      { ...options, agent: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        answer.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}

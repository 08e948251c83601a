/**
 * The webhdfs package, set up for one HDFS: how it is reached, entered and asked. The one file that imports it; hdfs.ts
 * works with it.
 *
 * Where HDFS_AUTH=kerberos, `enter` sees to a valid cookie (cookie.ts) before a request begins; the NameNode then puts
 * a token of its own into each redirect to a DataNode. Elsewhere each request names the user, whom HDFS believes.
 */
import { posix } from 'node:path';
import webhdfs from 'webhdfs';
import type { Config } from '../../process/config.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { Retryable } from '../../process/errors.ts';
import { signInTo } from './cookie.ts';
import { hdfsFault, isSignInFault, remoteError } from './faults.ts';
import { wayTo } from './way.ts';

export type HdfsSettings = Pick<Config, 'WEBHDFS_URL' | 'SIGHTLINE_ROOT' | 'HADOOP_USER'> &
  Partial<Pick<Config, 'HADOOP_ACCESS'>>;

/**
 * HDFS may require the first header for changes (dfs.webhdfs.rest-csrf). The second is the type of uploaded files: the
 * package leaves it out when it gets headers of ours.
 */
const HEADERS = { 'X-XSRF-HEADER': 'sightline', 'content-type': 'application/octet-stream' };

export interface AskOptions {
  readonly params?: Record<string, unknown>;
  readonly limits?: ReadLimits | undefined;
}

export interface Asking {
  readonly url: string;
  readonly client: ReturnType<typeof webhdfs.createClient>;
  absolute(path: string): string;
  /** Before each request that the package makes by itself; `json` does it. */
  enter(): Promise<void>;
  /** What a fault of such a request means. */
  fault(thrown: unknown): Error;
  json(method: string, operation: string, path: string, options?: AskOptions): Promise<unknown>;
}

export function asking(config: HdfsSettings, idleLimitMs: number): Asking {
  const url = new URL(config.WEBHDFS_URL);
  const { tls = {}, hdfs: { kerberos } = { kerberos: null } } = config.HADOOP_ACCESS ?? {};
  const headers: Record<string, string> = { ...HEADERS };
  const client = clientFor(url, kerberos === null ? config.HADOOP_USER : '', {
    // Give the proxy, or the package reads the environment by its own rules. Data nodes use the NameNode's proxy.
    ...{ timeout: idleLimitMs, headers, ...wayTo(url, tls) },
  });
  const signIn = kerberos === null ? null : signInTo(url, kerberos, tls);
  const enter = async (): Promise<void> => {
    if (signIn !== null) headers.cookie = await signIn.cookie();
  };
  const fault = (thrown: unknown): Error => {
    const meant = hdfsFault(config.WEBHDFS_URL, thrown);
    // A cookie that has served is too old for a NameNode that has restarted: the next try brings another one.
    if (signIn !== null && isSignInFault(thrown) && signIn.drop())
      return new Retryable('HDFS', `${meant.message} A new sign-in is under way.`, meant);
    return meant;
  };
  const absolute = (path: string): string => {
    if (/[%?#\s]/.test(path) || path.split('/').includes('..'))
      throw new RangeError(`${JSON.stringify(path)} is no path of the lake`);
    return posix.join(config.SIGHTLINE_ROOT, path);
  };
  const once = (method: string, endpoint: string, limits: ReadLimits | undefined): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const signal = limits?.signal;
      signal?.throwIfAborted();
      const request = client._sendRequest(method, endpoint, (thrown, _response, body) => {
        signal?.removeEventListener('abort', stop);
        if (thrown) reject(fault(thrown));
        else resolve(body);
      });
      const end = (reason: Error): void => {
        signal?.removeEventListener('abort', stop);
        request.abort();
        reject(reason);
      };
      const stop = (): void => end(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true });
      // Counted as they come: the list of a large folder ends at the limit, before all of it is in memory.
      request.on('data', (chunk) => {
        try {
          limits?.onBytes?.(chunk.length);
        } catch (thrown) {
          end(thrown as Error);
        }
      });
    });
  const json: Asking['json'] = async (method, operation, path, { params, limits } = {}) => {
    const endpoint = client._getOperationEndpoint(operation, absolute(path), params);
    await enter();
    try {
      return await once(method, endpoint, limits);
    } catch (thrown) {
      // Nothing was done: the NameNode did not let the request in.
      if (signIn === null || !(thrown instanceof Retryable) || !isSignInFault(thrown)) throw thrown;
      await enter();
      return once(method, endpoint, limits);
    }
  };
  return { url: config.WEBHDFS_URL, client, absolute, enter, fault, json };
}

function clientFor(url: URL, user: string, options: Record<string, unknown>): Asking['client'] {
  const protocol = url.protocol.slice(0, -1);
  const port = Number(url.port || (protocol === 'https' ? 443 : 80));
  const client = webhdfs.createClient({ host: url.hostname, port, path: '/webhdfs/v1', user, protocol }, options);
  // By itself the package takes some refusals for success, and drops the name of an exception.
  client._isError = ({ statusCode }) => statusCode >= 400;
  client._parseError = (body, _, status = 500) => remoteError(body, status);
  return client;
}

/**
 * The webhdfs package, set up for one NameNode or gateway: how it is reached and entered. The one file that imports it;
 * active-node.ts chooses among several, asking.ts asks.
 *
 * A NameNode puts a token of its own into each redirect to a DataNode, so a password and a bearer token stay behind
 * when a request goes on to another server.
 */
import webhdfs from 'webhdfs';
import type { Config } from '../../process/config.ts';
import { Retryable } from '../../process/errors.ts';
import { hdfsFault, isSignInFault, remoteError } from './faults.ts';
import { wayIn } from './way-in.ts';
import type { WayIn } from './way-in.ts';
import { wayTo } from './way.ts';

export type Client = ReturnType<typeof webhdfs.createClient>;

export interface NameNode {
  readonly url: string;
  readonly client: Client;
  /** Before each request. Throws a Refusal or a Retryable; then nothing was asked. */
  enter(): Promise<void>;
  /** What a fault of a request means. */
  fault(thrown: unknown): Error;
}

/**
 * HDFS may require the first header for changes (dfs.webhdfs.rest-csrf). The second is the type of uploaded files: the
 * package leaves it out when it gets headers of ours.
 */
const HEADERS = { 'X-XSRF-HEADER': 'sightline', 'content-type': 'application/octet-stream' };

export function nameNode(
  address: string,
  { HADOOP_USER, HADOOP_ACCESS }: Pick<Config, 'HADOOP_USER'> & Partial<Pick<Config, 'HADOOP_ACCESS'>>,
  idleLimitMs: number,
): NameNode {
  const url = new URL(address);
  const way = wayIn(url, HADOOP_USER, HADOOP_ACCESS);
  const headers: Record<string, string> = { ...HEADERS };
  const client = clientFor(url, way, {
    // Give the proxy, or the package reads the environment by its own rules. Data nodes use the NameNode's proxy.
    ...{ timeout: idleLimitMs, headers, ...wayTo(url, HADOOP_ACCESS?.tls) },
  });
  return {
    url: address,
    client,
    async enter() {
      await way.enter();
      Object.assign(headers, way.headers);
    },
    fault(thrown) {
      const meant = hdfsFault(address, thrown);
      if (isSignInFault(thrown) && !(thrown instanceof Retryable) && way.renew())
        return new Retryable('HDFS', `${meant.message} A new sign-in is under way.`, meant);
      return meant;
    },
  };
}

function clientFor(url: URL, way: WayIn, options: { headers: Record<string, string> }): Client {
  const protocol = url.protocol.slice(0, -1);
  const port = Number(url.port || (protocol === 'https' ? 443 : 80));
  const path = `${url.pathname.replace(/\/$/, '')}/webhdfs/v1`;
  const client = webhdfs.createClient({ host: url.hostname, port, path, user: '', protocol }, options);
  // By itself the package takes some refusals for success, and drops the name of an exception.
  client._isError = ({ statusCode }) => statusCode >= 400;
  client._parseError = (body, _, status = 500) => remoteError(body, status);
  const endpoint = client._getOperationEndpoint.bind(client);
  client._getOperationEndpoint = (operation, target, params) =>
    endpoint(operation, target, { ...params, ...way.parameters });
  const isRedirect = client._isRedirect.bind(client);
  client._isRedirect = (response) => {
    const goesOn = isRedirect(response);
    if (goesOn) leaveBehind(options.headers, url, response.headers.location!);
    return goesOn;
  };
  return client;
}

/** The package sends on at once what it sent before; whatever begins later finds the header again. */
function leaveBehind(headers: Record<string, string>, from: URL, location: string): void {
  const { authorization } = headers;
  if (authorization === undefined || new URL(location, from).origin === from.origin) return;
  delete headers.authorization;
  queueMicrotask(() => (headers.authorization = authorization));
}

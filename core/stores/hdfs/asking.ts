/**
 * Questions to HDFS over WebHDFS, whichever of its NameNodes is active (active-node.ts): JSON ones, and the entrance
 * for the package's own streams. hdfs.ts works with it.
 */
import { posix } from 'node:path';
import type { Config } from '../../process/config.ts';
import { Retryable } from '../../process/errors.ts';
import { nameNodesOf } from '../../process/hdfs-access.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import type { ActiveNode } from './active-node.ts';
import { activeNode } from './active-node.ts';
import { isSignInFault } from './faults.ts';
import type { Client, NameNode } from './name-node.ts';
import { nameNode } from './name-node.ts';

export type HdfsSettings = Pick<Config, 'WEBHDFS_URL' | 'SIGHTLINE_ROOT' | 'HADOOP_USER'> &
  Partial<Pick<Config, 'HADOOP_ACCESS' | 'WEBHDFS_URLS' | 'HDFS_FILE_MODE' | 'HDFS_FOLDER_MODE'>>;

export interface AskOptions {
  readonly params?: Record<string, unknown>;
  readonly limits?: ReadLimits | undefined;
  /** Whether asking twice does what asking once does; reading does. */
  readonly isRepeatable?: boolean;
}

/** What the package's own streams need. */
export interface Entered {
  readonly client: Client;
  /** What a fault of the stream means. */
  fault(thrown: unknown): Error;
}

export interface Asking extends Pick<ActiveNode, 'hasSeveral' | 'persist'> {
  /** All addresses. */
  readonly url: string;
  readonly fileMode: string;
  readonly folderMode: string;
  absolute(path: string): string;
  /** Before each request that the package makes by itself; `json` does it. */
  enter(signal?: AbortSignal): Promise<Entered>;
  json(method: string, operation: string, path: string, options?: AskOptions): Promise<unknown>;
}

export function asking(config: HdfsSettings, idleLimitMs: number): Asking {
  const urls = nameNodesOf(config);
  const active = activeNode(urls.map((url) => nameNode(url, config, idleLimitMs)));
  const absolute = (path: string): string => {
    if (/[%?#\s]/.test(path) || path.split('/').includes('..'))
      throw new RangeError(`${JSON.stringify(path)} is no path of the lake`);
    return posix.join(config.SIGHTLINE_ROOT, path);
  };
  const json: Asking['json'] = async (method, operation, path, { params, limits, isRepeatable } = {}) => {
    const target = absolute(path);
    const terms = { isRepeatable: isRepeatable ?? method === 'GET', signal: limits?.signal };
    const ask = (node: NameNode): Promise<unknown> => {
      const endpoint = node.client._getOperationEndpoint(operation, target, params);
      return once(node, method, endpoint, limits);
    };
    return active.through(async (node) => {
      try {
        return await ask(node);
      } catch (thrown) {
        // Nothing was done: the NameNode did not let the request in.
        if (!(thrown instanceof Retryable) || !isSignInFault(thrown)) throw thrown;
        await node.enter();
        return ask(node);
      }
    }, terms);
  };
  const enter: Asking['enter'] = (signal) =>
    active.through(
      async (node) => {
        // One on standby would take a file and fail at its end.
        if (active.hasSeveral)
          await once(node, 'GET', node.client._getOperationEndpoint('getfilestatus', '/', {}), { signal });
        const fault = (thrown: unknown): Error => {
          const meant = node.fault(thrown);
          active.leave(node, meant);
          return meant;
        };
        return { client: node.client, fault };
      },
      { isRepeatable: true, signal },
    );
  const { HDFS_FILE_MODE = '644', HDFS_FOLDER_MODE = '755' } = config;
  return {
    url: urls.join(', '),
    fileMode: HDFS_FILE_MODE.padStart(4, '0'),
    folderMode: HDFS_FOLDER_MODE.padStart(4, '0'),
    hasSeveral: active.hasSeveral,
    persist: active.persist,
    absolute,
    enter,
    json,
  };
}

function once(node: NameNode, method: string, endpoint: string, limits: ReadLimits | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const signal = limits?.signal;
    signal?.throwIfAborted();
    const request = node.client._sendRequest(method, endpoint, (thrown, _response, body) => {
      signal?.removeEventListener('abort', stop);
      if (thrown) reject(node.fault(thrown));
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
}

/** The part of the untyped package webhdfs that name-node.ts and hdfs.ts call. Its request objects are streams. */
declare module 'webhdfs' {
  import type { Readable, Writable } from 'node:stream';

  export interface WebHdfsClient {
    /** Both are called by the package itself for each answer. */
    _isError(response: { statusCode: number }): boolean;
    _isRedirect(response: { statusCode: number; headers: { location?: string } }): boolean;
    _parseError(body: unknown, isStrict: boolean, status?: number): Error;
    _getOperationEndpoint(operation: string, path: string, params?: Record<string, unknown>): string;
    _sendRequest(
      method: string,
      url: string,
      callback: (fault: Error | null | undefined, response?: unknown, body?: unknown) => void,
    ): { abort(): void; on(event: 'data', listener: (chunk: Buffer) => void): unknown };
    createReadStream(path: string, options?: Record<string, unknown>): Readable & { abort(): void };
    createWriteStream(path: string, options?: Record<string, unknown>): Writable;
  }

  export function createClient(
    options: { host: string; port: number; path: string; user: string; protocol: string },
    requestOptions: Record<string, unknown>,
  ): WebHdfsClient;

  const webhdfs: { createClient: typeof createClient };
  export default webhdfs;
}

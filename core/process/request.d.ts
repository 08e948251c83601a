/** The part of the untyped package @cypress/request that proxy.ts calls. */
declare module '@cypress/request' {
  import type { IncomingHttpHeaders } from 'node:http';

  interface Options {
    readonly method: string;
    readonly uri: string;
    readonly proxy: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Buffer;
    readonly followRedirect: boolean;
    /** Null: the body comes as bytes. */
    readonly encoding: null;
  }

  type Done = (
    fault: Error | null,
    answer?: { statusCode: number; headers: IncomingHttpHeaders },
    body?: Buffer,
  ) => void;

  function request(options: Options, done: Done): { abort(): void };
  export default request;
}

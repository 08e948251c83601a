/**
 * Next.js runs the API and the pages in one process, together with the TypeScript of this repository.
 *
 * The root is the repository, so that pages and routes import serving/ and core/ without a build of their own. Packages
 * with native parts, and packages that find files at run time, stay outside the bundle.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const here = dirname(fileURLToPath(import.meta.url));

const config: NextConfig = {
  turbopack: { root: dirname(here) },
  outputFileTracingRoot: dirname(here),
  serverExternalPackages: [
    '@cypress/request',
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    'cassandra-driver',
    'kafkajs',
    'kerberos',
    'node-rdkafka',
    'parquetjs',
    'pino',
    'prom-client',
    'protobufjs',
    'webhdfs',
  ],
  // `npm run check` checks types; the first start of a fresh clone does not wait for them.
  typescript: { ignoreBuildErrors: true },
  // No page needs resized pictures; this turns off the address that resizes them for everybody (/_next/image).
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
};

export default config;

/**
 * Next.js runs the API and the pages in one process, with this repository's own TypeScript beside it.
 *
 * The root is the repository, so that pages and routes can import serving/ and core/ without a build of their own.
 * Packages with native parts or files that they find at run time stay outside the bundle.
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
    'kafkajs',
    'node-rdkafka',
    'parquetjs',
    'pino',
    'prom-client',
    'protobufjs',
    'webhdfs',
  ],
  // `npm run check` checks types; the first start of a fresh clone should not wait for them again.
  typescript: { ignoreBuildErrors: true },
  // No page has a picture to make smaller; without this the address that does it for anybody is there (/_next/image).
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
};

export default config;

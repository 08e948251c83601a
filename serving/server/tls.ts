/**
 * TLS in the server itself: a certificate with its chain and its key, read at the start and again when the files
 * change.
 *
 * command.ts uses it if TLS_CERT_FILE and TLS_KEY_FILE are set. A wrong pair stops the start; later the server keeps
 * the previous pair, and the log and a metric report the fault. The files are compared at intervals instead of watched,
 * because renewal replaces them by renames, links and mounts, which watchers miss. Open connections keep their pair.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener, Server as HttpServer } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { SECOND_MS } from '../../core/domain/time.ts';
import type { Config } from '../../core/process/config.ts';
import { EXIT, messageOf, Refusal } from '../../core/process/errors.ts';
import type { Serving } from '../app/app.ts';

export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Pair extends PairFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

const LOOK_EVERY_MS = 10_000;
const LEAST_VERSION = 'TLSv1.2';

/** The files of the pair; null if the app serves HTTP. */
export function pairFilesOf({
  TLS_CERT_FILE: certFile,
  TLS_KEY_FILE: keyFile,
}: Pick<Config, 'TLS_CERT_FILE' | 'TLS_KEY_FILE'>): PairFiles | null {
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : null;
}

/** Throws a Refusal that names the file and its fault; never shows a key. */
export function readPair({ certFile, keyFile }: PairFiles, now: number): Pair {
  const cert = contentOf('TLS_CERT_FILE', certFile);
  const key = contentOf('TLS_KEY_FILE', keyFile);
  const certificate = parsePem('TLS_CERT_FILE', certFile, 'a certificate in PEM', () => new X509Certificate(cert));
  const privateKey = parsePem('TLS_KEY_FILE', keyFile, 'a private key in PEM without a password', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw tlsRefusal(`TLS_KEY_FILE ${keyFile} is not the key of the certificate in TLS_CERT_FILE ${certFile}`);
  const [beginsAt, endsAt] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now >= endsAt)
    throw tlsRefusal(
      `the certificate in TLS_CERT_FILE ${certFile} expired on ${certificate.validTo}; a valid one was expected`,
    );
  if (now < beginsAt)
    throw tlsRefusal(
      `the certificate in TLS_CERT_FILE ${certFile} is valid from ${certificate.validFrom}; a valid one was expected`,
    );
  // OpenSSL also checks the chain behind the first certificate and the length of the key.
  parsePem('TLS_CERT_FILE', certFile, 'a certificate with its chain', () =>
    createSecureContext({ cert, key, minVersion: LEAST_VERSION }),
  );
  return { certFile, keyFile, cert, key, endsAt };
}

const tlsRefusal = (text: string): Refusal => new Refusal(EXIT.usage, `TLS: ${text}`);

function contentOf(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (fault) {
    throw tlsRefusal(`${variable} ${file} cannot be read (${messageOf(fault)})`);
  }
}

function parsePem<T>(variable: string, file: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (fault) {
    throw tlsRefusal(`${variable} ${file} is not valid; ${expected} was expected (${messageOf(fault)})`);
  }
}

export function serverFor(pair: Pair | null, listener: RequestListener): HttpServer | HttpsServer {
  return pair
    ? createHttpsServer({ cert: pair.cert, key: pair.key, minVersion: LEAST_VERSION }, listener)
    : createHttpServer(listener);
}

export interface PairWatch {
  stop(): void;
}

/** Replaces the pair as soon as the files hold a new valid one. */
export function watchPair(
  server: Pick<HttpsServer, 'setSecureContext'>,
  first: Pair,
  { metrics, log, now }: Pick<Serving, 'metrics' | 'log' | 'now'>,
  everyMs = LOOK_EVERY_MS,
): PairWatch {
  let servedFingerprint = fingerprintOf(first);
  let rejectedFingerprint: string | null = null;
  metrics.setCertificateEnd(first.endsAt / SECOND_MS);
  const look = (): void => {
    const fingerprint = fingerprintOf(first);
    if (fingerprint === servedFingerprint) return;
    try {
      const { cert, key, endsAt } = readPair(first, now());
      server.setSecureContext({ cert, key, minVersion: LEAST_VERSION });
      servedFingerprint = fingerprint;
      metrics.setCertificateEnd(endsAt / SECOND_MS);
      metrics.countCertificateRead('taken');
      log.info({ ends: new Date(endsAt).toISOString() }, 'the server has taken a new certificate');
    } catch (fault) {
      // Two files are not replaced at the same moment, so a wrong pair is refused only if it is the same at the next
      // check.
      if (rejectedFingerprint !== fingerprint) return void (rejectedFingerprint = fingerprint);
      servedFingerprint = fingerprint;
      metrics.countCertificateRead('refused');
      log.error(
        { because: messageOf(fault) },
        'the server has refused a changed certificate or key and keeps the previous one',
      );
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * The bytes of both files, or the error of reading them. They have a few KB, so a comparison is cheap and safer than
 * file times.
 */
function fingerprintOf({ certFile, keyFile }: PairFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      try {
        return readFileSync(file, 'latin1');
      } catch (fault) {
        return messageOf(fault);
      }
    })
    .join('\0');
}

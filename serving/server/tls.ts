/**
 * TLS in the server itself: a certificate with its chain and its key, read at the start and again when the files
 * change.
 *
 * command.ts serves with it where TLS_CERT_FILE and TLS_KEY_FILE are set. A pair that cannot be served with is refused
 * at the start; later the one before stays, and the log and a metric say so. Files are looked at by time rather than
 * watched, because certificates are renewed by renaming, through links and by mounts, which watchers miss. Connections
 * that are open keep the pair that they began with.
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

/** Null where the app speaks HTTP. */
export function pairFilesOf({
  TLS_CERT_FILE: certFile,
  TLS_KEY_FILE: keyFile,
}: Pick<Config, 'TLS_CERT_FILE' | 'TLS_KEY_FILE'>): PairFiles | null {
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : null;
}

/** Throws a Refusal that says what is wrong with which file; never shows a key. */
export function readPair({ certFile, keyFile }: PairFiles, now: number): Pair {
  const cert = contentOf('TLS_CERT_FILE', certFile);
  const key = contentOf('TLS_KEY_FILE', keyFile);
  const certificate = parsed('TLS_CERT_FILE', certFile, 'a certificate in PEM', () => new X509Certificate(cert));
  const privateKey = parsed('TLS_KEY_FILE', keyFile, 'a private key in PEM without a password', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw refused(`TLS_KEY_FILE ${keyFile} is not the key of the certificate in TLS_CERT_FILE ${certFile}`);
  const [beginsAt, endsAt] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now >= endsAt)
    throw refused(
      `the certificate in TLS_CERT_FILE ${certFile} ended on ${certificate.validTo}; a valid one was expected`,
    );
  if (now < beginsAt)
    throw refused(
      `the certificate in TLS_CERT_FILE ${certFile} begins on ${certificate.validFrom}; one that is valid now was expected`,
    );
  // OpenSSL reads the chain behind the first certificate, and has its own opinion of keys that are too short.
  parsed('TLS_CERT_FILE', certFile, 'a certificate with its chain', () =>
    createSecureContext({ cert, key, minVersion: LEAST_VERSION }),
  );
  return { certFile, keyFile, cert, key, endsAt };
}

const refused = (text: string): Refusal => new Refusal(EXIT.usage, `TLS: ${text}`);

function contentOf(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (fault) {
    throw refused(`${variable} ${file} cannot be read (${messageOf(fault)})`);
  }
}

function parsed<T>(variable: string, file: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (fault) {
    throw refused(`${variable} ${file} does not hold what was expected, ${expected} (${messageOf(fault)})`);
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

/** Serves with another pair as soon as the files hold one that fits. */
export function watchPair(
  server: Pick<HttpsServer, 'setSecureContext'>,
  first: Pair,
  { metrics, log, now }: Pick<Serving, 'metrics' | 'log' | 'now'>,
  everyMs = LOOK_EVERY_MS,
): PairWatch {
  let seen = fingerprintOf(first);
  let unfit: string | null = null;
  metrics.certificateEnds(first.endsAt / SECOND_MS);
  const look = (): void => {
    const found = fingerprintOf(first);
    if (found === seen) return;
    try {
      const { cert, key, endsAt } = readPair(first, now());
      server.setSecureContext({ cert, key, minVersion: LEAST_VERSION });
      seen = found;
      metrics.certificateEnds(endsAt / SECOND_MS);
      metrics.certificateRead('taken');
      log.info({ ends: new Date(endsAt).toISOString() }, 'another certificate is served');
    } catch (fault) {
      // Two files are not replaced at once: what does not fit is refused when it is the same at the next look.
      if (unfit !== found) return void (unfit = found);
      seen = found;
      metrics.certificateRead('refused');
      log.error(
        { because: messageOf(fault) },
        'a changed certificate or key is not taken; the one before is served still',
      );
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/**
 * The bytes of both files, or that one cannot be read: a few KB, so comparing them is cheaper than being wrong about
 * times of files.
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

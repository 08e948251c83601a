/**
 * HDFS over WebHDFS, with the webhdfs package, which name-node.ts sets up.
 *
 * The batch layer writes and verifies here, serving reads. The package alone is not safe for files: it emits `finish`
 * after `error`, its streams may end early without a fault, and its rename drops the answer. So every write checks the
 * file's length afterwards, every read must deliver the length that HDFS announced, and a rename is asked for without
 * the package's own. faults.ts says what a fault means. Where several NameNodes take over from each other, a write
 * begins anew and a read goes on where it was, so that a failover ends neither.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange, FileFacts, Hdfs, ListPiece } from './types.ts';
import type { ReadLimits } from '../../process/read-limits.ts';
import { Retryable } from '../../process/errors.ts';
import { CapacityAnswer, entriesOf, factsOf, ListAnswer, PieceAnswer, StatusAnswer } from './answers.ts';
import { asking } from './asking.ts';
import type { Asking, HdfsSettings } from './asking.ts';
import { isMissing, isTaken } from './faults.ts';

/** A connection closes after this long without a byte, unless the caller sets a shorter limit. */
const IDLE_LIMIT_MS = 60_000;

export function hdfs(config: HdfsSettings, { idleLimitMs = IDLE_LIMIT_MS }: { idleLimitMs?: number } = {}): Hdfs {
  const ask = asking(config, idleLimitMs);
  const facts = (path: string, limits?: ReadLimits): Promise<FileFacts | null> =>
    unlessMissing(null, async () => {
      // A few bytes, whatever the file: only its content and lists count.
      const uncounted = { signal: limits?.signal };
      const { FileStatus } = StatusAnswer.parse(await ask.json('GET', 'getfilestatus', path, { limits: uncounted }));
      return factsOf(path, FileStatus);
    });
  const list = (folder: string, limits?: ReadLimits): Promise<FileFacts[]> =>
    unlessMissing([], async () => {
      const found = entriesOf(folder, ListAnswer.parse(await ask.json('GET', 'liststatus', folder, { limits })));
      return found.sort((a, b) => (a.path < b.path ? -1 : 1));
    });
  const listAfter = (folder: string, name: string, limits?: ReadLimits): Promise<ListPiece> =>
    unlessMissing({ entries: [], remaining: 0 }, async () => {
      const answer = await ask.json('GET', 'liststatus_batch', folder, { params: { startAfter: name }, limits });
      const { partialListing, remainingEntries } = PieceAnswer.parse(answer).DirectoryListing;
      return { entries: entriesOf(folder, partialListing), remaining: remainingEntries };
    });
  const walk = async (folder: string, limits?: ReadLimits): Promise<FileFacts[]> => {
    const found = await list(folder, limits);
    const below = await Promise.all(found.filter((entry) => entry.isFolder).map((entry) => walk(entry.path, limits)));
    return [...found.filter((entry) => !entry.isFolder), ...below.flat()];
  };
  const makeFolder = async (folder: string): Promise<void> => {
    await ask.json('PUT', 'mkdirs', folder, { params: { permission: ask.folderMode }, isRepeatable: true });
  };
  const readStream = (path: string, limits?: ReadLimits, range?: ByteRange): Readable =>
    verifiedRead(ask, path, { facts, limits, range });
  const readKnown = (path: string, bytes: number | undefined): Readable => verifiedRead(ask, path, { facts, bytes });
  return {
    facts,
    list,
    listAfter,
    walk,
    makeFolder,
    readStream,
    ...contents(ask, { facts, readStream, readKnown }),
    ...changes(ask, makeFolder),
  };
}

async function unlessMissing<T>(missing: T, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (fault) {
    if (isMissing(fault)) return missing;
    throw fault;
  }
}

// ---- contents ------------------------------------------------------------------------------------------------------

type Facts = (path: string, limits?: ReadLimits) => Promise<FileFacts | null>;

interface Readers {
  readonly facts: Facts;
  readonly readStream: (path: string, limits?: ReadLimits) => Readable;
  /** Of a file whose length the caller may know. */
  readonly readKnown: (path: string, bytes: number | undefined) => Readable;
}

function contents(
  ask: Asking,
  { facts, readStream, readKnown }: Readers,
): Pick<Hdfs, 'read' | 'download' | 'sha256' | 'upload' | 'write' | 'salvage' | 'capacity'> {
  return {
    async read(path, limits) {
      const chunks: Buffer[] = [];
      for await (const chunk of readStream(path, limits)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    async download(path, localFile, limits) {
      await mkdir(dirname(localFile), { recursive: true });
      const partial = `${localFile}.${randomUUID()}.part`;
      try {
        await pipeline(readStream(path, limits), createWriteStream(partial));
        await rename(partial, localFile);
      } finally {
        await rm(partial, { force: true });
      }
    },
    async sha256(path, bytes) {
      const hash = createHash('sha256');
      for await (const chunk of readKnown(path, bytes)) hash.update(chunk as Buffer);
      return hash.digest('hex');
    },
    async upload(localFile, path) {
      const { size } = await stat(localFile);
      await ask.persist(async () => {
        await send(ask, createReadStream(localFile, { highWaterMark: 1 << 20 }), path);
        await checkLength(facts, path, size);
      });
    },
    async write(path, bytes) {
      await ask.persist(() => writeOnce(ask, facts, path, bytes));
    },
    async salvage(path, localFile) {
      const { client, fault } = await ask.enter();
      const from = client.createReadStream(ask.absolute(path));
      const out = new PassThrough({ highWaterMark: 1 << 20 });
      from.on('error', (thrown) => out.destroy(fault(thrown)));
      from.pipe(out);
      await pipeline(out, createWriteStream(localFile));
    },
    async capacity() {
      const { FsStatus } = CapacityAnswer.parse(await ask.json('GET', 'getstatus', ''));
      return { freeBytes: FsStatus.remaining, usedBytes: FsStatus.used };
    },
  };
}

async function writeOnce(ask: Asking, facts: Facts, path: string, bytes: Buffer): Promise<void> {
  const temporary = posix.join(posix.dirname(path), `_writing-${posix.basename(path)}-${randomUUID()}`);
  try {
    await send(ask, Readable.from([bytes]), temporary);
    await checkLength(facts, temporary, bytes.length);
    const target = { destination: ask.absolute(path), renameoptions: 'OVERWRITE' };
    await ask.json('PUT', 'rename', temporary, { params: target });
  } catch (fault) {
    await ask.json('DELETE', 'delete', temporary, { isRepeatable: true }).catch(() => undefined);
    throw fault;
  }
  await checkLength(facts, path, bytes.length);
}

/** Sends a stream to a file and replaces an old one. The package may report success wrongly: check the length. */
async function send(ask: Asking, from: Readable, path: string): Promise<void> {
  const entered = await ask.enter().catch((thrown: unknown) => {
    from.destroy();
    throw thrown;
  });
  return new Promise((resolve, reject) => {
    const options = { overwrite: true, permission: ask.fileMode };
    const to = entered.client.createWriteStream(ask.absolute(path), options);
    let first: unknown = null;
    const fail = (thrown: unknown): void => {
      first ??= thrown;
      from.destroy();
      reject(entered.fault(first));
    };
    from.once('error', fail);
    to.on('error', fail);
    to.once('finish', () => (first ? fail(first) : resolve()));
    from.pipe(to);
  });
}

async function checkLength(facts: Facts, path: string, expectedBytes: number): Promise<void> {
  const found = await facts(path);
  if (found?.bytes !== expectedBytes) {
    throw new Retryable(
      'HDFS',
      `${path} has ${found?.bytes ?? 'no'} bytes in HDFS after writing ${expectedBytes}; write it again`,
    );
  }
}

interface ReadOptions {
  readonly facts: Facts;
  readonly limits?: ReadLimits | undefined;
  readonly range?: ByteRange | undefined;
  /** Of the whole file, where the caller knows it. */
  readonly bytes?: number | undefined;
}

/** A stream that ends well only if it delivered as many bytes as the file, or the range of it, has. */
function verifiedRead(ask: Asking, path: string, { facts, limits, range, bytes }: ReadOptions): Readable {
  const out = new PassThrough({ highWaterMark: 1 << 20 });
  const stop = (): void => void out.destroy(limits?.signal?.reason as Error);
  limits?.signal?.addEventListener('abort', stop, { once: true });
  out.once('close', () => limits?.signal?.removeEventListener('abort', stop));
  const start = async (): Promise<void> => {
    const known = range?.bytes ?? bytes;
    const expected = known === undefined ? await facts(path, limits) : { bytes: known, isFolder: false };
    if (out.destroyed) return;
    if (!expected || expected.isFolder) throw new Error(`there is no file ${ask.absolute(path)} in HDFS at ${ask.url}`);
    const reading = { offset: range?.offset ?? 0, bytes: expected.bytes, received: 0, isRange: range !== undefined };
    // Each byte goes out once: after a failover the rest is asked for.
    if (expected.bytes > 0) await ask.persist(() => pump(ask, path, reading, { out, limits }), limits?.signal);
    if (!out.destroyed) out.end();
  };
  start().catch((thrown: Error) => out.destroy(thrown));
  return out;
}

interface Reading {
  readonly offset: number;
  readonly bytes: number;
  readonly isRange: boolean;
  received: number;
}

/** Delivers what is still to be received; ends well when all of it is. */
async function pump(
  ask: Asking,
  path: string,
  reading: Reading,
  { out, limits }: { out: PassThrough; limits: ReadLimits | undefined },
): Promise<void> {
  const { client, fault } = await ask.enter(limits?.signal);
  if (out.destroyed) return;
  const { offset, bytes, received: before } = reading;
  const rest = reading.isRange || before > 0 ? { offset: offset + before, length: bytes - before } : undefined;
  await new Promise<void>((resolve, reject) => {
    const from = client.createReadStream(ask.absolute(path), rest);
    const isWhole = (): boolean => reading.received === bytes;
    const end = (): void => {
      if (isWhole()) return resolve();
      reject(new Retryable('HDFS', `reading ${path} ended after ${reading.received} of ${bytes} bytes`));
    };
    from.on('error', (thrown) => reject(fault(thrown)));
    // A reader that stops early frees the connection too.
    out.once('close', () => {
      if (!isWhole()) from.abort();
      resolve();
    });
    from.on('data', (chunk: Buffer) => {
      reading.received += chunk.length;
      try {
        limits?.onBytes?.(chunk.length);
      } catch (thrown) {
        out.destroy(thrown as Error);
      }
    });
    from.on('end', end);
    from.on('close', end);
    from.pipe(out, { end: false });
  });
}

// ---- changes of names ----------------------------------------------------------------------------------------------

type Move = 'moved' | 'missing' | 'taken';

function changes(ask: Asking, makeFolder: Hdfs['makeFolder']): Pick<Hdfs, 'rename' | 'remove'> {
  return {
    async rename(from, to) {
      // Without an option HDFS moves the source into a target that is a folder.
      const params = { destination: ask.absolute(to), renameoptions: 'NONE' };
      const move = (): Promise<Move> =>
        ask.json('PUT', 'rename', from, { params }).then(
          () => 'moved',
          (fault: unknown) => {
            if (isMissing(fault)) return 'missing';
            if (isTaken(fault)) return 'taken';
            throw fault;
          },
        );
      let moved = await move();
      if (moved === 'missing') {
        // Most folders are there, so it is made only when HDFS misses it or the source.
        await makeFolder(posix.dirname(to));
        moved = await move();
      }
      return moved === 'moved';
    },
    async remove(path) {
      if (path === '' || path === '/') throw new RangeError('the path is the root, which nobody may remove');
      await ask.json('DELETE', 'delete', path, { params: { recursive: true }, isRepeatable: true });
    },
  };
}

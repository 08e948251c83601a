/**
 * The HDFS driver against servers that misbehave as WebHDFS does: what was not written or read whole is never taken for
 * whole.
 *
 * A small server in this process speaks the few operations; test/contract/hdfs.test.ts meets the real one.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Hdfs } from '../../../../core/stores/hdfs/types.ts';
import { Refusal, Retryable } from '../../../../core/process/errors.ts';
import { hostPort } from '../../../../core/process/host-port.ts';
import { hdfs } from '../../../../core/stores/hdfs/hdfs.ts';
import { startForwardProxy } from '../../../support/forward-proxy.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, operation: string) => void;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sightline-hdfs-'));
  await writeFile(join(folder, 'hundred'), Buffer.alloc(100, 7));
});
after(() => rm(folder, { recursive: true, force: true }));

async function against(
  answer: Answer,
  ask: (files: Hdfs) => Promise<void>,
  patience: { idleLimitMs?: number; host?: string } = {},
): Promise<void> {
  const host = patience.host ?? '127.0.0.1';
  const server = createServer((request, response) => {
    const operation = new URL(request.url!, 'http://x').searchParams.get('op')!.toLowerCase();
    answer(request, response, operation);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const url = `http://${hostPort(host, (server.address() as AddressInfo).port)}`;
  try {
    await ask(hdfs({ WEBHDFS_URL: url, SIGHTLINE_ROOT: '/s', HADOOP_USER: 'me' }, patience));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const remote = (message: string, exception = 'IOException') => ({
  RemoteException: { exception, javaClassName: `x.${exception}`, message },
});
const fileOf = (length: number) => ({ FileStatus: { pathSuffix: '', type: 'FILE', length, modificationTime: 5 } });

/** A file is written and read, through the redirect to a data node on the same address. */
const wholeFile: Answer = (request, response, operation) => {
  if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
  if (!request.url!.includes('second'))
    return void response.writeHead(307, { location: `http://${request.headers.host}/second?op=${operation}` }).end();
  if (request.method === 'PUT') return void request.resume().on('end', () => response.writeHead(201).end());
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(100, 7));
};

async function writeAndRead(files: Hdfs): Promise<void> {
  await files.upload(join(folder, 'hundred'), 'a');
  assert.equal((await files.read('a')).length, 100);
}

test('an HDFS at an IPv6 address is asked there', () => against(wholeFile, writeAndRead, { host: '::1' }));

test('every change carries the header that HDFS may ask for, to the name node and to the data node, and a file says that it is one', async () => {
  const seen: { method: string; headers: IncomingMessage['headers'] }[] = [];
  const answer: Answer = (request, response, operation) => {
    seen.push({ method: request.method!, headers: request.headers });
    if (operation === 'getfilestatus' || (request.method === 'PUT' && operation === 'create'))
      return wholeFile(request, response, operation);
    json(response, 200, { boolean: true });
  };
  await against(answer, async (files) => {
    await files.upload(join(folder, 'hundred'), 'a');
    await files.makeFolder('b');
    await files.remove('a');
  });
  const changes = seen.filter(({ method }) => method !== 'GET');
  assert.deepEqual(
    changes.map(({ method }) => method),
    ['PUT', 'PUT', 'PUT', 'DELETE'],
  );
  for (const { headers } of changes) assert.equal(headers['x-xsrf-header'], 'sightline');
  for (const { headers } of changes.slice(0, 2)) assert.equal(headers['content-type'], 'application/octet-stream');
});

test('an HDFS on this machine is never asked through a proxy, one elsewhere is', async () => {
  const proxy = await startForwardProxy();
  const given = { ...process.env };
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) process.env[name] = proxy.url;
  for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = '';
  try {
    await against(wholeFile, writeAndRead);
    await against(wholeFile, writeAndRead, { host: '::1' });
    assert.deepEqual(proxy.asked, []);
    const elsewhere = hdfs({ WEBHDFS_URL: 'http://namenode.example:9870', SIGHTLINE_ROOT: '/s', HADOOP_USER: 'me' });
    await assert.rejects(elsewhere.facts('a'));
    assert.deepEqual(proxy.asked, ['GET http://namenode.example:9870/webhdfs/v1/s/a?op=getfilestatus&user.name=me']);
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in given)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, given);
    await proxy.close();
  }
});

test('a read that ends early is a fault, not a shorter file', async () => {
  const answer: Answer = (_, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(60));
  };
  await against(answer, async (files) => {
    await assert.rejects(files.read('a'), Retryable);
    await assert.rejects(files.sha256('a'), Retryable);
    await assert.rejects(files.download('a', join(folder, 'got')), Retryable);
  });
});

test('a connection that breaks during a read is a fault', async () => {
  const answer: Answer = (_, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    response.writeHead(200, { 'content-length': '100' }).write(Buffer.alloc(60));
    setTimeout(() => response.destroy(), 20);
  };
  await against(answer, (files) => assert.rejects(files.read('a'), Retryable));
});

test('an upload of which HDFS kept less is a fault', async () => {
  const answer: Answer = (request, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(99));
    if (!request.url!.includes('second')) {
      response.writeHead(307, { location: `http://${request.headers.host}/second?op=CREATE` }).end();
      return;
    }
    request.resume().on('end', () => response.writeHead(201).end());
  };
  await against(answer, (files) => assert.rejects(files.upload(join(folder, 'hundred'), 'a'), Retryable));
});

test('an upload that the data node refuses is a fault, although the package says that it finished', async () => {
  const answer: Answer = (request, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    if (!request.url!.includes('second')) {
      response.writeHead(307, { location: `http://${request.headers.host}/second?op=CREATE` }).end();
      return;
    }
    request.resume().on('end', () => json(response, 500, remote('disk is full')));
  };
  await against(answer, (files) => assert.rejects(files.upload(join(folder, 'hundred'), 'a'), /disk is full/));
});

test('what may pass is worth another try, a missing right is for a person, a missing file is an answer', async () => {
  const saying =
    (message: string): Answer =>
    (_, response) =>
      json(response, 403, remote(message, message.startsWith('Perm') ? 'AccessControlException' : 'SafeModeException'));
  await against(saying('Name node is in safe mode.'), (files) => assert.rejects(files.list('a'), Retryable));
  await against(saying('Permission denied: user=me, access=WRITE'), (files) =>
    assert.rejects(files.makeFolder('a'), Refusal),
  );
  await against(
    (_, response) => json(response, 404, remote('File does not exist: /s/a')),
    async (files) => {
      assert.equal(await files.facts('a'), null);
      assert.deepEqual(await files.list('a'), []);
    },
  );
  const nobody = hdfs({ WEBHDFS_URL: 'http://127.0.0.1:1', SIGHTLINE_ROOT: '/s', HADOOP_USER: 'me' });
  await assert.rejects(nobody.facts('a'), Retryable);
});

test('a rename makes the folder that HDFS misses, and asks again', async () => {
  const asked: string[] = [];
  await against(
    (_, response, operation) => {
      const isThere = asked.includes('mkdirs');
      asked.push(operation);
      if (operation === 'mkdirs') return json(response, 200, { boolean: true });
      if (isThere) return void response.writeHead(200).end();
      json(response, 404, remote('rename destination parent /s/b not found.', 'FileNotFoundException'));
    },
    async (files) => assert.equal(await files.rename('a', 'b/c'), true),
  );
  assert.deepEqual(asked, ['rename', 'mkdirs', 'rename']);
});

test('a hash of a file whose length is known is one read, and a fault where the length is another', async () => {
  const asked: string[] = [];
  await against(
    (_, response, operation) => {
      asked.push(operation);
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('abc');
    },
    async (files) => {
      const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
      assert.equal(await files.sha256('a', 3), abc);
      assert.deepEqual(asked, ['open']);
      for (const bytes of [2, 4]) await assert.rejects(files.sha256('a', bytes), Retryable);
    },
  );
});

test('a rename is one question, which HDFS answers: done, the target is taken, or the source is gone', async () => {
  const asked: string[] = [];
  const saying =
    (exception: string | null): Answer =>
    (request, response, operation) => {
      asked.push(`${operation} ${new URL(request.url!, 'http://x').searchParams.get('renameoptions') ?? ''}`.trim());
      if (operation === 'mkdirs') return json(response, 200, { boolean: true });
      if (exception === null) return void response.writeHead(200).end();
      json(response, exception.startsWith('FileNot') ? 404 : 403, remote(`rename: ${exception}`, exception));
    };
  await against(saying(null), async (files) => assert.equal(await files.rename('a', 'b'), true));
  assert.deepEqual(asked, ['rename NONE']);
  for (const exception of ['FileAlreadyExistsException', 'FileNotFoundException'])
    await against(saying(exception), async (files) => assert.equal(await files.rename('a', 'b'), false));
  const both = remote('Source /s/a and destination /s/b must both be directories');
  await against(
    (_, response, operation) =>
      operation === 'mkdirs' ? json(response, 200, { boolean: true }) : json(response, 403, both),
    async (files) => assert.equal(await files.rename('a', 'b'), false),
  );
  await against(saying('AccessControlException'), (files) => assert.rejects(files.rename('a', 'b'), Refusal));
});

test('paths that would leave the root are refused', async () => {
  await against(
    (_, response) => json(response, 200, {}),
    async (files) => {
      await assert.rejects(files.facts('../x'), RangeError);
      await assert.rejects(files.remove(''), RangeError);
    },
  );
});

test('a name node that takes a question and never answers is given up after the patience of who asks', async () => {
  await against(
    () => undefined,
    async (files) => {
      await assert.rejects(files.list('lake'), { name: 'Retryable', message: /HDFS/ });
    },
    { idleLimitMs: 200 },
  );
});

test('a data node that falls silent in the middle of a file is given up as well', async () => {
  const answer: Answer = (_, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).write(Buffer.alloc(60));
  };
  await against(answer, (files) => assert.rejects(files.read('a'), Retryable), { idleLimitMs: 200 });
});

test('a read that nobody wants any more ends at once, says why, and gives its connection back', async () => {
  let hungUp: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (hungUp = resolve));
  const left = new AbortController();
  const answer: Answer = (_, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    response.once('close', hungUp);
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).write(Buffer.alloc(60));
    setTimeout(() => left.abort(new Error('the client has left')), 20);
  };
  await against(answer, async (files) => {
    await assert.rejects(files.download('a', join(folder, 'left'), { signal: left.signal }), /the client has left/);
    await gone;
    await assert.rejects(files.list('a', { signal: left.signal }), /the client has left/);
  });
});

test('a question to the name node is hung up on when nobody waits for its answer', async () => {
  let hungUp: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (hungUp = resolve));
  const left = new AbortController();
  const answer: Answer = (request) => {
    request.once('close', hungUp);
    setTimeout(() => left.abort(new Error('the client has left')), 20);
  };
  await against(answer, async (files) => {
    await assert.rejects(files.walk('a', { signal: left.signal }), /the client has left/);
    await gone;
  });
});

test('a read tells of its bytes, and ends with what is thrown at it', async () => {
  const answer: Answer = (_, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(100));
  };
  await against(answer, async (files) => {
    let bytes = 0;
    await files.read('a', { onBytes: (more) => (bytes += more) });
    assert.equal(bytes, 100);
    const tooMuch = (): never => {
      throw new Error('too much');
    };
    await assert.rejects(files.download('a', join(folder, 'much'), { onBytes: tooMuch }), /too much/);
  });
});

test('a list of a folder tells of its bytes, and ends with what is thrown at it before all of it has come', async () => {
  const entry = { pathSuffix: '000000.123_9001.jpg', type: 'FILE', length: 5, modificationTime: 5 };
  const whole = { FileStatuses: { FileStatus: Array.from({ length: 50 }, () => entry) } };
  const piece = { DirectoryListing: { partialListing: whole, remainingEntries: 7 } };
  await against(
    (_, response, operation) => json(response, 200, operation === 'liststatus' ? whole : piece),
    async (files) => {
      let bytes = 0;
      await files.list('a', { onBytes: (more) => (bytes += more) });
      assert.equal(bytes, JSON.stringify(whole).length);
      bytes = 0;
      await files.listAfter('a', '0', { onBytes: (more) => (bytes += more) });
      assert.equal(bytes, JSON.stringify(piece).length);
    },
  );
  let hungUp: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (hungUp = resolve));
  const withoutEnd: Answer = (_, response) => {
    response.once('close', hungUp);
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"FileStatuses":{"FileStatus":[');
  };
  await against(withoutEnd, async (files) => {
    const tooMuch = (): never => {
      throw new Error('too much');
    };
    await assert.rejects(files.list('a', { onBytes: tooMuch }), /too much/);
    await gone;
  });
});

// ---- fates
// -----------------------------------------------------------------------------------------------------------

/** Status, exception and message of an answer, as HDFS 3.4 words it; and what becomes of it. */
const FATES: readonly (readonly [number, string, string, 'again' | 'bug' | number])[] = [
  [403, 'SafeModeException', 'Cannot create file/s/a. Name node is in safe mode.', 'again'],
  [403, 'StandbyException', 'Operation category WRITE is not supported in state standby.', 'again'],
  [403, 'RetriableException', 'NameNode still not started', 'again'],
  [403, 'RetriableException', 'Server too busy', 'again'],
  [403, 'IOException', 'NameNode still not started', 'again'],
  [403, 'IOException', 'Failed on local exception: java.io.IOException: java.net.SocketException: Connection', 'again'],
  [403, 'IOException', 'Failed on local exception: java.io.EOFException: End of File Exception', 'again'],
  [403, 'IOException', 'Failed on local exception: Client cannot authenticate via:[TOKEN, KERBEROS]', 'bug'],
  [
    403,
    'IOException',
    'File /s/a could only be written to 0 of the 1 minReplication nodes. There are 0 datanode(s) running',
    'again',
  ],
  [403, 'IOException', 'Failed to find datanode, suggest to check cluster health. excludeDatanodes=null', 'again'],
  [
    403,
    'DiskOutOfSpaceException',
    'Out of space: The volume with the most available space (=0 B) is less than the block size',
    'again',
  ],
  [500, 'ConnectException', 'Call From a to b failed on connection exception: Connection refused', 'again'],
  [
    403,
    'AlreadyBeingCreatedException',
    'Failed to CREATE_FILE /s/a because this file lease is currently owned by x',
    'again',
  ],
  [403, 'AccessControlException', 'Permission denied: user=me, access=WRITE, inode="/":hdfs:supergroup:drwxr-xr-x', 2],
  [401, 'AuthenticationException', 'Unauthorized connection for super-user', 2],
  [
    403,
    'DSQuotaExceededException',
    'The DiskSpace quota of /s is exceeded: quota = 1 B = 1 B but diskspace consumed = 134217728 B',
    5,
  ],
  [
    403,
    'NSQuotaExceededException',
    'The NameSpace quota (directories and files) of directory /s is exceeded: quota=1 file count=2',
    5,
  ],
  [403, 'FSLimitException$MaxDirectoryItemsExceededException', 'The directory item limit of /s is exceeded', 2],
  [403, 'ParentNotDirectoryException', '/s (is not a directory)', 2],
  [400, 'IllegalArgumentException', 'Invalid value for webhdfs parameter "op"', 'bug'],
  [403, 'IOException', 'words that nobody has listed', 'bug'],
];

for (const [status, exception, message, fate] of FATES) {
  test(`${exception}, "${message.slice(0, 60)}": ${typeof fate === 'number' ? `refused with code ${fate}` : fate}`, async () => {
    await against(
      (_, response) => json(response, status, remote(message, exception)),
      async (files) => {
        await assert.rejects(files.makeFolder('a'), (fault: Error) => {
          assert.ok(fault.message.includes(message), fault.message);
          if (fate === 'again') return fault instanceof Retryable && fault.dependency === 'HDFS';
          if (fate === 'bug') return !(fault instanceof Retryable) && !(fault instanceof Refusal);
          return fault instanceof Refusal && fault.exitCode === fate && fault.message.length > message.length + 60;
        });
      },
    );
  });
}

test('an answer without a reason of HDFS is a busy proxy, a way of signing in, or another service', async () => {
  const plain =
    (status: number): Answer =>
    (_, response) =>
      void response.writeHead(status, { 'content-type': 'text/html' }).end('<html>');
  for (const status of [429, 500, 502, 503, 504])
    await against(plain(status), (files) => assert.rejects(files.list('a'), Retryable));
  await against(plain(401), (files) =>
    assert.rejects(files.list('a'), (fault) => fault instanceof Refusal && /HDFS_AUTH=kerberos/.test(fault.message)),
  );
  await against(plain(404), (files) =>
    assert.rejects(files.list('a'), (fault) => fault instanceof Refusal && /Check WEBHDFS_URL/.test(fault.message)),
  );
});

test('an upload that a proxy refuses is no success', async () => {
  const answer: Answer = (request, response, operation) => {
    if (operation === 'getfilestatus') return json(response, 200, fileOf(100));
    request.resume().on('end', () => response.writeHead(503).end());
  };
  await against(answer, (files) => assert.rejects(files.upload(join(folder, 'hundred'), 'a'), /503 without a reason/));
});

/**
 * Containers, systemd units and Kubernetes manifests: valid by the schemas that their makers publish, closed as far as
 * they can be, and calling commands that exist.
 *
 * Nothing of it is started here. What an image would run is run: the commands of Sightline, as a user who may not
 * write, in a folder that holds what the Dockerfile copies.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse, parseAllDocuments } from 'yaml';
import { PARTS } from '../../../commands.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const skipWithout = (program: string) => ({ skip: isThere(program) ? false : `${program} is not installed` });

/** `sightline …`: its first words, and options that the command takes. */
async function assertCommand(words: readonly string[], where: string): Promise<void> {
  const part = PARTS[words[0] ?? ''];
  assert.ok(part, `${where}: sightline ${words.join(' ')}`);
  let command = await part();
  for (const word of words.slice(1)) {
    if (word.startsWith('-')) {
      assert.ok(
        command.options.some(({ long }) => long === word.split('=')[0]),
        `${where}: ${words.join(' ')}`,
      );
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    assert.ok(next, `${where}: ${words.join(' ')}`);
    command = next;
  }
}

interface Service {
  readonly image?: string;
  readonly command?: string[];
  readonly profiles?: string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly ports?: string[];
  readonly depends_on?: Record<string, unknown>;
  readonly secrets?: string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
}

describe('compose.yaml', () => {
  const file = parse(read('hadoop-compose/compose.yaml'), { merge: true }) as {
    name: string;
    services: Record<string, Service>;
    secrets: Record<string, unknown>;
  };
  const services = Object.entries(file.services);

  it('is a compose file by the schema of the specification', () => {
    // The schema is older than the name of its own members, and than `name` at the top.
    const { name, ...known } = file;
    assert.equal(name, 'sightline');
    const text = read('test/support/compose/compose-spec.json').replaceAll(/"(?:id|\$schema)": "[^"]*",/g, '');
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const validate = ajv.compile(JSON.parse(text) as object);
    assert.ok(validate(known), JSON.stringify(validate.errors, null, 2));
  });

  it('puts each service into one profile, or into both ways of keeping rows, and waits for none that is not there', () => {
    for (const [name, { profiles = [], depends_on: needs = {}, secrets = [] }] of services) {
      if (profiles.length !== 1) assert.deepEqual(profiles, ['stores', 'cassandra'], name);
      assert.ok(['stores', 'cassandra', 'app', 'footage', 'observe'].includes(profiles[0]!), name);
      for (const other of Object.keys(needs))
        for (const profile of profiles)
          assert.ok(file.services[other]!.profiles?.includes(profile), `${name} → ${other} in ${profile}`);
      for (const secret of secrets) assert.ok(secret in file.secrets, `${name}: ${secret}`);
    }
  });

  it('has a ring of three nodes of Cassandra that join one after the other, and tells every process of ours of them', () => {
    const nodes = services.filter(([, { image }]) => image?.startsWith('cassandra:'));
    assert.deepEqual(
      nodes.map(([name, { depends_on: needs = {} }]) => [name, Object.keys(needs)]),
      [
        ['cassandra-1', []],
        ['cassandra-2', ['cassandra-1']],
        ['cassandra-3', ['cassandra-2']],
      ],
    );
    const volumes = nodes.flatMap(([, { volumes: own = [] }]) => own);
    assert.equal(new Set(volumes).size, 3, 'a volume each');
    for (const [name, { environment }] of nodes) {
      assert.equal(environment?.CASSANDRA_SEEDS, 'cassandra-1');
      assert.match(
        String(environment?.JVM_EXTRA_OPTS),
        /allow_system_properties=true .*settings\.commitlog_sync=group .*commitlog_sync_period=0ms/,
        `${name} acknowledges what is on its disk`,
      );
    }
    for (const name of ['prepare', 'serve', 'speed', 'batch'])
      assert.equal(
        file.services[name]!.environment?.CASSANDRA_NODES,
        nodes.map(([node]) => `${node}:9042`).join(','),
        name,
      );
  });

  it('runs our image without rights, on a file system that nobody writes to', async () => {
    const ours = services.filter(([, { image }]) => image?.startsWith('sightline/sightline'));
    assert.deepEqual(ours.map(([name]) => name).sort(), [
      ...['batch', 'footage-pack', 'footage-settle', 'prepare', 'serve', 'speed'],
    ]);
    for (const [name, service] of ours) {
      assert.deepEqual(
        [service.user, service.read_only, service.cap_drop, service.security_opt],
        ['10001:10001', true, ['ALL'], ['no-new-privileges:true']],
        name,
      );
      await assertCommand(service.command!, name);
    }
    for (const [name, { privileged }] of services) assert.notEqual(privileged, true, name);
  });

  it('pins every image to a version', () => {
    for (const [name, { image }] of services) assert.match(image ?? '', /:v?\d+\.\d+/, name);
  });

  it('publishes on loopback alone', () => {
    for (const port of services.flatMap(([, { ports = [] }]) => ports)) assert.match(port, /^127\.0\.0\.1:/);
  });
});

describe('the Dockerfile', () => {
  const text = read('Dockerfile');
  const stages = text.split(/^FROM /m).slice(1);

  it('builds in one stage and runs in another, as nobody', () => {
    assert.equal(stages.length, 2);
    for (const stage of stages) assert.match(stage, /^node:\d+\.\d+\.\d+-/);
    const last = stages[1]!;
    assert.match(last, /^USER 10001:10001$/m);
    assert.match(last, /^HEALTHCHECK /m);
    assert.match(last, /^STOPSIGNAL SIGTERM$/m);
    assert.doesNotMatch(last, /COPY --chown|npm |g\+\+|make/);
    assert.doesNotMatch(text, /\bADD |curl .*\| *sh|:latest|ARG .*(?:TOKEN|SECRET|PASSWORD)/);
  });

  it('names a Node that we run on', () => {
    const [major] = stages.map((stage) => Number(/^node:(\d+)/.exec(stage)![1]));
    assert.ok([20, 22, 24].includes(major!));
  });
});

describe('the units of systemd', () => {
  const units = ['hadoop-compose/systemd', 'hadoop-compose/schedule'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.service'))
      .map((name) => `${folder}/${name}`),
  );

  it('call commands that exist', async () => {
    assert.ok(units.length >= 8);
    for (const unit of units) {
      const [, words] = /^ExecStart=\/usr\/bin\/env node sightline\.mjs (.+)$/m.exec(read(unit))!;
      await assertCommand(words!.split(' '), unit);
    }
  });

  it('write to one folder and have no rights', () => {
    for (const unit of units)
      for (const line of [
        'User=sightline',
        'NoNewPrivileges=yes',
        'CapabilityBoundingSet=',
        'ProtectSystem=strict',
        'ProtectHome=yes',
        'PrivateTmp=yes',
        'StateDirectory=sightline',
        'SystemCallFilter=@system-service',
      ])
        assert.ok(read(unit).split('\n').includes(line), `${unit}: ${line}`);
  });

  it('are read by systemd, which finds them closed', skipWithout('systemd-analyze'), () => {
    for (const unit of units) {
      const path = join(ROOT, unit);
      const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
      assert.deepEqual([verified.status, verified.stderr], [0, ''], unit);
      const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', path], {
        encoding: 'utf8',
      });
      assert.equal(judged.status, 0, `${unit}: ${judged.stdout.trim().split('\n').at(-1)}`);
    }
  });
});

interface Pod {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number };
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly args: readonly string[];
    readonly securityContext?: Record<string, unknown>;
    readonly resources?: { readonly limits?: { readonly memory?: string } };
  }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: { readonly spec: Pod };
    readonly jobTemplate?: { readonly spec: { readonly template: { readonly spec: Pod } } };
  };
}

describe('the manifests of Kubernetes', () => {
  const FOLDER = 'hadoop-compose/kubernetes';
  const kustomization = parse(read(`${FOLDER}/kustomization.yaml`)) as { resources: string[] };
  const manifests = kustomization.resources.flatMap((file) =>
    parseAllDocuments(read(`${FOLDER}/${file}`)).map((document) => document.toJS() as Manifest),
  );
  const pods = manifests.flatMap(({ metadata: { name }, spec }) => {
    const pod = spec?.template?.spec ?? spec?.jobTemplate?.spec.template.spec;
    return pod ? [{ name, pod }] : [];
  });

  it('are all named by the kustomization', () => {
    const files = readdirSync(join(ROOT, FOLDER)).filter(
      (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
    );
    assert.deepEqual([...kustomization.resources].sort(), files.sort());
  });

  it('are what Kubernetes takes, member by member', () => {
    const { kinds, definitions } = JSON.parse(read('test/support/kubernetes/kubernetes-1.34.schema.json')) as {
      kinds: Record<string, string>;
      definitions: object;
    };
    const ajv = new Ajv({ strict: false });
    const ofKind = (kind: string) => ajv.compile({ $ref: `#/definitions/${kinds[kind]}`, definitions });
    for (const manifest of manifests) {
      assert.ok(manifest.kind in kinds, manifest.kind);
      const validate = ofKind(manifest.kind);
      assert.ok(validate(manifest), `${manifest.kind} ${manifest.metadata.name}: ${JSON.stringify(validate.errors)}`);
    }
    assert.equal(ofKind('Deployment')({ ...manifests.find(({ kind }) => kind === 'Deployment'), specs: {} }), false);
  });

  it('run our image without rights, within limits', async () => {
    assert.deepEqual(pods.map(({ name }) => name).sort(), [
      'batch-archive',
      'batch-prune',
      'batch-run',
      'footage-pack',
      'footage-settle',
      'serve',
      'speed',
    ]);
    for (const { name, pod } of pods) {
      assert.deepEqual(
        [pod.automountServiceAccountToken, pod.securityContext?.runAsNonRoot, pod.securityContext?.runAsUser],
        [false, true, 10_001],
        name,
      );
      for (const { image, args, securityContext, resources } of pod.containers) {
        assert.equal(image, 'sightline/sightline', name);
        assert.deepEqual(
          securityContext,
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          name,
        );
        assert.ok(resources?.limits?.memory, name);
        const line = args.join(' ');
        const [, words] = /sightline\.mjs ([a-z -]+);/.exec(line) ?? [null, line];
        await assertCommand(words!.split(' '), name);
      }
    }
  });

  it('keep a copy of each service while a machine is emptied, and close the network', () => {
    const of = (kind: string): string[] =>
      manifests.filter((one) => one.kind === kind).map(({ metadata: { name } }) => name);
    assert.deepEqual(of('PodDisruptionBudget').sort(), ['serve', 'speed']);
    assert.deepEqual(of('HorizontalPodAutoscaler'), ['serve']);
    assert.deepEqual(of('NetworkPolicy').sort(), ['metrics', 'nothing', 'pages', 'stores']);
  });

  // Older ones (Debian 12 has 1.20) know no `envs`; what they cannot read is checked file by file above.
  const reads = spawnSync('kubectl', ['kustomize', join(ROOT, FOLDER)], { encoding: 'utf8' });
  const isKnown = reads.error === undefined && !/unknown field "(envs|labels)"/.test(reads.stderr);
  if (isKnown)
    it('are put together by kustomize', () => {
      assert.equal(reads.status, 0, reads.stderr);
      assert.equal(parseAllDocuments(reads.stdout).length, manifests.length + 1);
    });
});

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe('the commands of the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-image-'));
  const program = join(folder, 'opt');
  const home = join(folder, 'home');

  /** What `COPY . .` takes: all that is not in .dockerignore, which has names, folders and `**` before a name. */
  function copied(): string[] {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const anywhere = ignored.filter((line) => line.startsWith('**/')).map((line) => line.slice(3));
    const isIgnored = (path: string): boolean =>
      ignored.some((line) => path === line || path.startsWith(`${line}/`)) ||
      path
        .split('/')
        .some((part) => anywhere.some((name) => (name.startsWith('*') ? part.endsWith(name.slice(1)) : part === name)));
    return execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
      .trim()
      .split('\n')
      .filter((path) => !isIgnored(path));
  }

  before(() => {
    for (const path of copied()) {
      mkdirSync(dirname(join(program, path)), { recursive: true });
      cpSync(join(ROOT, path), join(program, path));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
    mkdirSync(home);
    chmodSync(folder, 0o755);
    if (isRoot) chownSync(home, NOBODY, NOBODY);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(args: readonly string[], input = '', environment: Record<string, string> = {}) {
    return spawnSync(process.execPath, args, {
      cwd: program,
      encoding: 'utf8',
      input,
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        SIGHTLINE_HOME: home,
        TMPDIR: home,
        AUDIT_FILE: '-',
        ...environment,
      },
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
  }

  it('start as a user who may not write to the program', (t) => {
    if (isRoot && run(['--eval', 'require("node:fs").readdirSync("node_modules")']).status !== 0) {
      t.skip('the repository lies where other users cannot read it');
      return;
    }
    const { version } = JSON.parse(read('package.json')) as { version: string };
    // Without a command every part is loaded, with its native modules.
    const shown = run(['sightline.mjs', '--version']);
    assert.deepEqual([shown.status, shown.stdout.trim()], [0, version], shown.stderr);
    const user = run(['sightline.mjs', 'user', 'alice'], 'correct horse battery staple');
    assert.match(user.stdout, /^alice:/, user.stderr);
    const open = run(['sightline.mjs', 'serve'], '', { BIND: '0.0.0.0' });
    assert.deepEqual([open.status, /AUTH/.test(open.stderr)], [2, true], open.stderr);
    if (isRoot) assert.notEqual(run(['--eval', 'require("node:fs").writeFileSync("x", "")']).status, 0);
  });

  it('tell whether a process lives', async () => {
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/healthz' ? 200 : 404).end(),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const script = join(ROOT, 'hadoop-compose/setup/healthy.mjs');
    const ask = (METRICS_PORT: number): Promise<number> =>
      new Promise((resolve) =>
        spawn(process.execPath, [script], {
          env: { ...process.env, METRICS_PORT: String(METRICS_PORT) },
          stdio: 'ignore',
        }).once('close', (code) => resolve(code ?? -1)),
      );
    assert.equal(await ask(port), 0);
    server.close();
    assert.equal(await ask(port), 1);
  });
});

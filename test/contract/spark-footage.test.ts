/**
 * The analysis of footage on the real HDFS with the real Spark, by the command that an operator gives: each frame and
 * film becomes one row, whatever form it is in and whatever is wrong with it.
 *
 * Spark starts three times: for the epoch, for a reader (the lines of docs/data.md), and for the epoch again (there on
 * each master of `npm run test:spark`). Pillow draws the pictures and PyAV encodes the film, so what is expected comes
 * from other decoders than the one that is tested.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { epochAt, nameOf } from '../../core/domain/epoch.ts';
import { oid } from '../../core/domain/oid.ts';
import { cameraHoursFile, factsFile } from '../../core/layout/footage-facts.ts';
import { settledFile } from '../../core/layout/footage.ts';
import type { FootageKind } from '../../core/layout/footage.ts';
import { readConfig } from '../../core/process/config.ts';
import { readAnalysedEpoch } from '../../core/stores/footage/analysed-epochs.ts';
import type { CameraHours } from '../../core/stores/footage/camera-hours.ts';
import { hdfs } from '../../core/stores/hdfs/hdfs.ts';
import { openDuck, quoted } from '../../core/stores/lake/duckdb.ts';
import { sparkSettings } from '../../core/stores/spark/settings.ts';
import { recordedEpochSeconds } from '../../footage/analysis/open.ts';
import { packDue } from '../../footage/packs/pack.ts';
import { ensureVenv } from '../../hadoop-compose/cameras/venv.ts';
import { ensureSpark } from '../../hadoop-compose/spark/command.ts';
import { examplesOf, withReplaced } from '../support/doc-examples.ts';
import { ROOT, sightline } from '../support/main-job.ts';
import { pythonAnswer } from '../support/python-answer.ts';
import type { MasterName } from '../support/spark-masters.ts';
import { mastersAsked, openMaster, sparkHome } from '../support/spark-masters.ts';

/** A day that is past wherever and whenever this runs. */
const DATE = '2024-04-01';
const FIRST_MS = Date.parse(`${DATE}T10:00:00Z`);
const folder = mkdtempSync(join(tmpdir(), 'sightline-analysis-'));
const own = { SIGHTLINE_ROOT: `/sightline/analysis_${randomBytes(4).toString('hex')}`, FOOTAGE_FROZEN_FRAMES: '5' };
const config = readConfig({ ...process.env, ...own });
const files = hdfs(config);
let epochSeconds: number;
let epoch: string;
let environment: NodeJS.ProcessEnv;

/** What the names of files say: <camera>-<what>-<number>. Brightness and size are what Pillow says. */
const DRAW = `
import json, random, sys
from pathlib import Path
from PIL import Image, ImageFilter, ImageStat
from sightline_cameras.artist import write_film
from sightline_cameras.sight import Sight
random.seed(7)
folder = Path(sys.argv[1])
facts = {}

def noise(width, height, least, greatest):
    small = Image.new("L", (width // 8, height // 8))
    small.putdata([random.randint(least, greatest) for _ in range(small.width * small.height)])
    return small.resize((width, height), Image.NEAREST).convert("RGB")

def keep(name, image):
    image.save(folder / name, **({"quality": 95} if name.endswith("jpg") else {}))
    facts[name] = [image.width, image.height, ImageStat.Stat(Image.open(folder / name).convert("L")).mean[0]]

for n in range(6):
    keep(f"7-dark-{n}.jpg", noise(320, 240, 0, 12))
frozen = noise(320, 240, 0, 255)
for n in range(6):
    frozen.putpixel((n, 0), (n, n, n))
    keep(f"8-frozen-{n}.png", frozen)
for n in range(6):
    keep(f"9-blurred-{n}.jpg", noise(320, 240, 90, 160).filter(ImageFilter.GaussianBlur(24)))
for n in range(6):
    keep(f"10-well-{n}.jpg", noise(1920, 1080, 0, 255))
keep("10-gray-0.png", noise(64, 48, 100, 140).convert("L"))
whole = (folder / "10-well-0.jpg").read_bytes()
(folder / "10-broken-0.jpg").write_bytes(whole[: len(whole) // 2])
(folder / "10-nothing-0.png").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n" + bytes(100))
sight = Sight(camera_oid=10, oid=1, item="bicycle", detected_ms=1711965600000, place_kind="park")
write_film(sight, 1711965600000, folder / "10-film-0.mp4")
(folder / "10-film-1.mp4").write_bytes((folder / "10-film-0.mp4").read_bytes()[:200])
print(json.dumps(facts))
`;

interface Drawn {
  readonly name: string;
  readonly camera: string;
  readonly what: string;
  readonly path: string;
}
const drawn: Drawn[] = [];
let measured: Record<string, [width: number, height: number, brightness: number]>;

before(async () => {
  const python = await ensureVenv({ footage: true });
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'hadoop-compose', 'cameras'), PYTHONDONTWRITEBYTECODE: '1' };
  measured = await pythonAnswer(python, DRAW, { args: [folder], env });
  epochSeconds = await recordedEpochSeconds(config);
  epoch = nameOf(epochAt(FIRST_MS, { epochSeconds }), { epochSeconds });
  environment = { ...process.env, ...own };
  // Jobs of seconds end before the second compiler of the JVM has paid for itself.
  environment.SPARK_SUBMIT_OPTIONS = '--driver-java-options -XX:TieredStopAtLevel=1';
  // Camera 8 first, and packed: then one camera is in packs, the others in files of their own.
  await settle((name) => name.startsWith('8-'));
  await packDue(files, { ...PACKING, before: '2024-04-02' });
  await settle((name) => !name.startsWith('8-'));
  await publishDetections();
});

const PACKING = { greatestFrameBytes: 4 << 20, packBytes: 64 << 20, packFrames: 100, scratch: folder };

after(async () => {
  await hdfs({ ...config, SIGHTLINE_ROOT: '/' }).remove(config.SIGHTLINE_ROOT.slice(1));
  await rm(folder, { recursive: true, force: true });
});

async function settle(isWanted: (name: string) => boolean): Promise<void> {
  for (const name of readdirSync(folder).filter((each) => /^\d+-\w+-\d/.test(each) && isWanted(each))) {
    const [, camera, what, kind] = /^(\d+)-(\w+)-\d+\.(\w+)$/.exec(name)!;
    const bytes = readFileSync(join(folder, name));
    const n = drawn.length;
    const path = settledFile({
      ...{ camera: oid(camera!), takenAtMs: FIRST_MS + n * 10, kind: kind as FootageKind },
      ...{
        detection: kind === 'mp4' ? null : oid(9_000 + n),
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    });
    await files.write(path, bytes);
    drawn.push({ name, camera: camera!, what: what!, path });
  }
}

/** Camera 10 has detections of place 42 in the hour, and camera 99 too, which has handed over nothing. */
async function publishDetections(): Promise<void> {
  const local = join(folder, 'detections.parquet');
  const duck = await openDuck({ memoryMb: 256, threads: 1, spillFolder: join(folder, 'spill') });
  await duck.run(
    `COPY (SELECT 42::BIGINT AS geographical_location_oid, camera::BIGINT AS video_camera_oid,
       (camera * 10)::BIGINT AS detection_oid, ${FIRST_MS}::BIGINT AS timestamp_detected
       FROM (VALUES (10), (99)) AS cameras (camera)) TO ${quoted(local)} (FORMAT parquet)`,
  );
  duck.close();
  await files.upload(local, `lake/detections/dt=${DATE}/hour=10/${epoch}-0.parquet`);
}

async function analyse(name: MasterName): Promise<Record<string, unknown>> {
  const master = await openMaster(name, await sparkHome());
  const options = [environment.SPARK_SUBMIT_OPTIONS, master.environment.SPARK_SUBMIT_OPTIONS].filter(Boolean);
  try {
    const run = await sightline(['footage', 'analyse', '--epoch', epoch, '--json'], {
      ...environment,
      ...master.environment,
      SPARK_SUBMIT_OPTIONS: options.join(' '),
    });
    assert.equal(run.code, 0);
    return JSON.parse(run.stdout) as Record<string, unknown>;
  } finally {
    await master.close();
  }
}

const AS_RECORDS = `
import json
facts["taken_at"] = facts["taken_at"].astype("int64") // 1000
print(json.dumps({"rows": json.loads(facts.to_json(orient="records")), "cameras": len(by_camera)}))
`;

interface Fact {
  readonly video_camera_oid: number;
  readonly detection_oid: number | null;
  readonly kind: string;
  readonly sha256: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly brightness: number | null;
  readonly sharpness: number | null;
  readonly perceptual_hash: string | null;
  readonly duration_ms: number | null;
  readonly frame_rate: number | null;
  readonly fault: string | null;
}
let facts: Fact[];

const DATA_PAGE = new URL('../../docs/data.md', import.meta.url);

/** The rows as the lines of docs/data.md read them. */
async function readFacts(): Promise<Fact[]> {
  const [example] = examplesOf(DATA_PAGE, '## Footage facts', 'python');
  const url = new URL(config.WEBHDFS_URL);
  const script = withReplaced(example!, {
    '127.0.0.1:9870/sightline': `${url.host}${config.SIGHTLINE_ROOT}`,
    '2026-11-23': DATE,
  });
  const python = await ensureVenv({ analysis: true });
  return (await pythonAnswer<{ rows: Fact[] }>(python, script + AS_RECORDS, { cwd: folder })).rows;
}

/** A session whose tables Hive 2.3's reader reads, for all lines that follow. */
const WITH_HIVE = `
import sys
from pyspark.sql import SparkSession
(SparkSession.builder.enableHiveSupport()
    .config("spark.sql.warehouse.dir", "file:" + sys.argv[1])
    .config("spark.sql.hive.convertMetastoreParquet", "false")
    .config("spark.hadoop.hive.exec.scratchdir", "file:" + sys.argv[1])
    .config("spark.hadoop.javax.jdo.option.ConnectionURL", "jdbc:derby:memory:metastore;create=true")
    .getOrCreate())
`;

const BY_SPARK = `
import hashlib, json
for statement in filter(str.strip, sys.argv[2].split(";")):
    spark.sql(statement)
of_frames, of_faults = [spark.sql(each).collect() for each in filter(str.strip, sys.argv[3].split(";"))]
by_hive = {"frames": sorted([row.sha256, row.taken_at, row.bytes] for row in of_frames),
           "faults": sorted([row.video_camera_oid, row.fault, row.n] for row in of_faults)}
by_folder = frames.selectExpr("sha256", "unix_micros(taken_at)", "length(frame)").collect()
sha256 = lambda row: hashlib.sha256(row.frame).hexdigest()
print(json.dumps({"by_hive": by_hive, "by_folder": sorted(map(list, by_folder)), "frames": sorted(map(sha256, frames.collect())), "one": sha256(one), "rows": facts.count(),
                  "faults": sorted([row.video_camera_oid, row.fault, row["count"]] for row in faults)}))
spark.stop()
`;

/** Packed frames and facts, as the lines of docs/data.md for PySpark read them, in one Spark. */
async function readBySpark(): Promise<Record<string, unknown>> {
  const [, frames] = examplesOf(DATA_PAGE, '## Footage', 'python');
  const [, ofFacts] = examplesOf(DATA_PAGE, '## Footage facts', 'python');
  const { lakeRoot } = await sparkSettings(config);
  const replaced = { 'camera = 7': 'camera = 8', '2026-11-23': DATE };
  const script = withReplaced(`${frames}\n${ofFacts}`, { 'hdfs://127.0.0.1:8020/sightline': lakeRoot, ...replaced });
  const [tables, questions] = examplesOf(DATA_PAGE, '## Footage facts', 'sql');
  const args = [
    join(folder, 'warehouse'),
    withReplaced(tables!, { "LOCATION '/sightline": `LOCATION '${lakeRoot}` }),
    withReplaced(questions!, replaced),
  ];
  const python = join(dirname(await ensureSpark()), 'python');
  const env = { ...process.env, SPARK_LOCAL_IP: '127.0.0.1', PATH: `${dirname(python)}:${process.env.PATH ?? ''}` };
  return pythonAnswer(python, WITH_HIVE + script + BY_SPARK, { args, cwd: folder, env });
}

const of = (what: string): Fact[] =>
  drawn.filter((one) => one.what === what).map(({ path }) => facts.find(({ sha256 }) => path.includes(sha256))!);

test(
  'Spark finds each frame and film once, in files and in packs, and pandas reads it',
  { timeout: 300_000 },
  async () => {
    assert.equal((await files.walk('footage_packed')).length, 2, 'a pack and its index');
    const done = await analyse('local');
    assert.deepEqual([done.frames, done.films, done.faults], [27, 2, 3]);
    facts = await readFacts();
    assert.equal(facts.length, drawn.length);
    assert.deepEqual(
      facts.map(({ sha256 }) => sha256).sort(),
      drawn.map(({ path }) => /_([0-9a-f]{64})\./.exec(path)![1]).sort(),
    );
    for (const { name, path } of drawn) {
      const [width, height, brightness] = measured[name] ?? [];
      if (width === undefined) continue;
      const fact = facts.find(({ sha256 }) => path.includes(sha256))!;
      assert.deepEqual([fact.width, fact.height, fact.fault], [width, height, null], name);
      assert.ok(Math.abs(fact.brightness! - brightness!) < 2, `${name}: ${fact.brightness}, Pillow says ${brightness}`);
      assert.match(fact.perceptual_hash!, /^[0-9a-f]{16}$/);
    }
  },
);

test('Spark reads facts and packed frames by the lines of the page', { timeout: 300_000 }, async () => {
  const packed = drawn.filter(({ what }) => what === 'frozen').map(({ path }) => /_([0-9a-f]{64})\./.exec(path)![1]);
  const detection9001 = drawn.find(({ path }) => path.includes('_9001_'))!.path;
  const { by_hive, by_folder, ...found } = await readBySpark();
  const faults = [[10, 'undecodable', 3]];
  assert.deepEqual(by_hive, { frames: by_folder, faults }, 'by the lines for Hive');
  assert.deepEqual(found, {
    frames: packed.sort(),
    one: /_([0-9a-f]{64})\./.exec(detection9001)![1],
    rows: drawn.length,
    faults,
  });
});

test('a film has its size, length and frame rate; what is broken is a row with a fault', () => {
  const [film, cut] = of('film');
  assert.deepEqual(
    [film!.width, film!.height, film!.duration_ms, film!.frame_rate, film!.fault],
    [320, 180, 3_000, 8, null],
  );
  for (const fact of [cut!, ...of('broken'), ...of('nothing')])
    assert.deepEqual([fact.fault, fact.brightness, fact.width], ['undecodable', null, null]);
});

test('the hour says which camera is dark, frozen and blurred, and which place it watches', async () => {
  const hours = JSON.parse((await files.read(cameraHoursFile(FIRST_MS))).toString()) as CameraHours;
  const flags = hours.cameras.map(({ video_camera_oid, frames, flags: own }) => [video_camera_oid, frames, own]);
  assert.deepEqual(flags, [
    ['7', 6, ['dark']],
    ['8', 6, ['frozen']],
    ['9', 6, ['blurred']],
    ['10', 9, []],
    ['99', 0, []],
  ]);
  const well = hours.cameras.find(({ video_camera_oid }) => video_camera_oid === '10')!;
  assert.deepEqual([well.geographical_location_oid, well.detections, well.films, well.faults], ['42', 1, 2, 3]);
});

for (const name of mastersAsked('local'))
  test(
    `the epoch again, submitted to ${name}, gives the same rows and replaces nothing`,
    { timeout: 300_000 },
    async () => {
      const [before, file] = [await readAnalysedEpoch(files, epoch), await files.facts(factsFile(epoch))];
      await analyse(name);
      assert.deepEqual(await readAnalysedEpoch(files, epoch), before);
      assert.deepEqual(await files.facts(factsFile(epoch)), file);
      assert.deepEqual(await files.list('lake/footage_facts/_staging'), []);
    },
  );

test('what is erased is in the facts and in the hour no more', async () => {
  const [gone] = of('dark');
  const erase = ['footage', 'erase', '--detection', String(gone!.detection_oid)];
  const listed = await sightline(erase, environment);
  assert.deepEqual([listed.code, /and 1 rows of facts would be erased/.test(listed.stderr)], [0, true], listed.stderr);
  assert.equal((await sightline([...erase, '--execute'], environment)).code, 0);
  const left = await readFacts();
  assert.deepEqual(
    left.map(({ sha256 }) => sha256),
    facts.map(({ sha256 }) => sha256).filter((sha256) => sha256 !== gone!.sha256),
  );
  const hours = JSON.parse((await files.read(cameraHoursFile(FIRST_MS))).toString()) as CameraHours;
  assert.equal(hours.cameras[0]!.frames, 5);
  assert.equal((await sightline([...erase, '--execute'], environment)).code, 3);
});

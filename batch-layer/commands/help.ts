/** The longer help of the batch commands. It is the contract of their exit codes. */

export const HELP = `
An epoch is the slice of time in which Kafka received its records: a UTC day (2026-11-22), or less (2026-11-22T1410).
Epochs are published in order, each once. The next run finishes what a dead run began. Only one run works at a time.

Exit codes:
  0  done; also if the result is "unproven"
  1  a bug: the stack trace is on standard error; it is safe to run again
  2  usage or configuration; or other epochs must be published before this one
  3  nothing to do: published already, not over yet, or computed again with the same result
  4  a data check failed; or published with differences, which publishing repaired
  5  a dependency is down: run again when it is back
  6  another run holds the lake: run again when it has ended

Examples:
  sightline batch run                        call it every night; it catches up on missed nights in order
  sightline batch archive                    call it every hour, so that Kafka's retention deletes nothing unarchived
  sightline batch report                     what the last run published and proved
  sightline batch run --epoch 2026-11-22 --reprocess all    compare that day with what the log says`;

export const RUN_HELP = `
Without --epoch, --from and --to: every epoch that is over, oldest first. A range stops at its first failure.
An epoch before the next unpublished one is published already (exit code 3); one after it is refused (2).
--reprocess changes nothing. Exit code 3: all epochs are the same. Exit code 4: an epoch differs; it stops there and
prints the ids with both sides. DuckDB on this machine computes, whichever engine published.

Environment: KAFKA_BROKERS, HBASE_ZOOKEEPER, WEBHDFS_URL, SIGHTLINE_ROOT, BATCH_MEMORY_MB (2048), BATCH_THREADS (2),
SPEED_WAIT_SECONDS (60: how long a run waits for the speed layer; after that its part is unproven), LOG_LEVEL (warn).
--engine spark: SPARK_MASTER (local[*]), SPARK_HOME or "sightline spark setup", SPARK_SUBMIT_OPTIONS, HDFS_URL,
HADOOP_CONF_DIR.`;

export const ARCHIVE_HELP = `
Each file holds an exact range of offsets and is read back after it is written. The run of its epoch takes the file over
and reads only the rest from Kafka. You may stop or kill the command at any point.
Exit code 3: the log holds nothing new. Exit code 5: a partition could not be read to its end, because a broker's clock
ran ahead; all others are archived.`;

export const PRUNE_HELP = `
--generations: after the switch of "batch rebuild", the old lake lies in SIGHTLINE_ROOT/_generation-<n>; its counts and
its first-met rows are in HBase. This removes them for every generation before the current one, when the recorded grace
after the switch is over. First it checks that the current lake is complete: every epoch has its manifest, and every
file has its length. If not, it removes nothing (exit code 4). It never touches a generation that is being rebuilt.
What it removes cannot be brought back. If it is killed, run it again.`;

export const COMPACT_HELP = `
Short epochs make many small files: twelve an hour with "npm start". For each day of detection this merges those of
hours that ended an hour before the horizon or earlier, into files of 256 to 512 MB, sorted by place and time. Each
merged hour has the same hash over its rows, or nothing is changed. Readers see the files of before or those of after.
Replaced files stay in lake/_retired until the grace of published epochs is over; the next "batch compact" or "batch
prune" removes them. If the command is killed, whoever works on the lake next finishes it. Runs wait meanwhile.
Exit code 3: there is nothing to merge.`;

export const FORGET_HELP = `
Two steps: "sightline forget --camera C --from T --to T --plan FILE" looks through the lake, counts, and writes a plan;
"sightline forget --execute FILE" looks again and takes everything out: rows of detections, raw records with all copies,
first-met rows and lists in HBase, conflicts in reports, copies on this machine, and footage where there is any. It
refuses if there is more than the plan counted. Counts stay, since they name nobody; with --counts in the first step
they go too, from the batch view and from top_items, when the epochs have left the speed view. Readers of manifests, the
API among them, see the files of before or those of after, and the app's lists and counts never show a part of it. A
first-met row that can be in force keeps its id and its record and nothing else, so that a copy does not count again.
lake/_runs/_changes says what each epoch lost; "batch run
--reprocess" and "batch rebuild" prove the rest. What arrives after the horizon is not looked through: run it again.

If it is killed, run it again with the same plan; whoever works on the lake next finishes what was declared. Kafka keeps
its own copies for its retention.

Exit codes: 0 forgotten, or counted without --execute, 2 usage, 3 there is nothing to forget, 4 there is more than the
plan counted, 5 a dependency is down or the speed layer is behind the horizon, 6 another run holds the lake.

Examples:
  sightline forget --camera 3021 --from 2026-11-22T08:00:00Z --to 2026-11-22T09:00:00Z --plan camera-3021.json
  sightline forget --detections ids.txt --plan ids.json
  sightline forget --execute camera-3021.json`;

export const RETAIN_HELP = `
LAKE_RETENTION_DAYS: so many days after its end an epoch loses its detections, top items, conflicts, differences, the
entries of lists, and first-met rows. LAKE_RAW_RETENTION_DAYS: the same for its raw files. 0, the default, keeps them
for ever. "batch schedule" does this by itself once an hour. Whole files go, so a merged file waits for its newest
epoch. Manifests, counts and dataset B stay. Epochs that a copy can still meet (DEDUP_WINDOW_DAYS + CLOCK_AHEAD_DAYS
before the horizon) stay whole.

A rebuild publishes every epoch with detections again. It needs their raw files and those of the days before in which a
first record may lie, so these stay, and the command says up to which epoch. --beyond-rebuild removes them too; then
"batch rebuild" refuses. A rebuild counts raw records, so it has no counts of epochs whose raw files are gone.
"batch run --reprocess" compares such an epoch's files with its manifest and nothing else.
What it removes cannot be brought back. If it is killed, run it again. Exit code 3: nothing is old enough.`;

export const TABLE_HELP = `
Runs keep an Iceberg table over lake/detections in lake/_tables/detections: one snapshot for each published epoch, with
a tag of its name. Nothing is copied. A run brings the table up to its epoch by itself, also if it was switched off for
a while (LAKE_TABLE=off) or a run died; this command does the same without a run. --anew makes the table from the
manifests again: use it when the file system got another name (HDFS_URL), or when another program wrote into the table.
Exit code 3: the table has every published epoch.`;

export const REBUILD_HELP = `
It publishes every epoch again, in order, from the raw files below SIGHTLINE_ROOT/lake/raw, into
SIGHTLINE_ROOT/_generation-<n>. To change EPOCH_SECONDS, DEDUP_WINDOW_DAYS or CLOCK_AHEAD_DAYS, set the new values and
call it. Then a worker counts the records after the new horizon, and the new generation replaces the old one. Workers
and schedulers of the old generation end with exit code 5; start them again. Epochs are published meanwhile as usual.
If the command is killed, run it again. Exit code 4: rows differ from those that were published, and nothing was
switched. The old lake is kept in SIGHTLINE_ROOT/_generation-<n - 1>: "batch prune --generations" removes it, and says
how large it is with --dry-run.
--from-store moves the system from one store of rows to the other: STORES and its settings name the new, empty one, and
those of the old one stay set beside them. Epochs are not published meanwhile; counting and answers go on in the old one
until the switch.`;

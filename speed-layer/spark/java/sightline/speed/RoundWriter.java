package sightline.speed;

import org.apache.spark.sql.ForeachWriter;
import org.apache.spark.sql.Row;

/**
 * The writer of one Spark task, which reads one partition of the log: it passes the records to the process that decides,
 * and ends only when all their effects are in HBase.
 *
 * Job.java selects the columns in the order below. Spark repeats a task, or the query fails, if close() throws; the
 * process finds out from the progress rows what is done already.
 */
public final class RoundWriter extends ForeachWriter<Row> {
  static final String[] COLUMNS = {
    "partition", "offset", "unix_millis(timestamp) AS stamp", "key", "value", "headers"
  };
  private static final int PARTITION = 0;
  private static final int OFFSET = 1;
  private static final int STAMP = 2;
  private static final int KEY = 3;
  private static final int VALUE = 4;
  private static final int HEADERS = 5;

  private final String[] program;
  private final String settings;
  private final int run;
  private transient RoundTask task;
  private transient int batch;

  /** `settings`: JSON, which the process reads first. `run`: which start of the query this is. */
  RoundWriter(String[] program, String settings, int run) {
    this.program = program;
    this.settings = settings;
    this.run = run;
  }

  @Override
  public boolean open(long partitionId, long epochId) {
    task = null;
    batch = (int) epochId;
    return true;
  }

  @Override
  public void process(Row row) {
    int partition = row.getInt(PARTITION);
    if (task == null) task = NodeProcess.running(program, settings).open(run, batch, partition);
    if (task.partition != partition)
      throw new IllegalStateException(
          "One task reads partitions " + task.partition + " and " + partition + ": minPartitions must not be set");
    task.send(row.getLong(OFFSET), row.getLong(STAMP), bytes(row, KEY), bytes(row, VALUE), headers(row));
  }

  @Override
  public void close(Throwable fault) {
    if (task == null) return;
    RoundTask ending = task;
    task = null;
    if (fault == null) ending.finish();
    else ending.abandon();
  }

  private static byte[] bytes(Row row, int column) {
    return row.isNullAt(column) ? null : (byte[]) row.get(column);
  }

  private static Row[] headers(Row row) {
    if (row.isNullAt(HEADERS)) return new Row[0];
    java.util.List<Row> all = row.getList(HEADERS);
    return all.toArray(new Row[0]);
  }
}

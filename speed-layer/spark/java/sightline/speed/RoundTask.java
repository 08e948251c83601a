package sightline.speed;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.Row;

/**
 * What a task has sent to the process and what the process has answered. The grammar of the frames stands in
 * speed-layer/spark/frames.ts.
 *
 * A task waits while the process holds WINDOW_BYTES of its frames undecided: that is the brake on a backlog. Each task
 * has a window of its own, so that a partition that waits holds up no other.
 */
final class RoundTask {
  private static final long WINDOW_BYTES = 16L << 20;

  final int partition;
  private final int number;
  private final NodeProcess process;
  private long waitingBytes;
  private boolean isDone;
  private String fault;

  RoundTask(NodeProcess process, int number, int partition) {
    this.process = process;
    this.number = number;
    this.partition = partition;
  }

  void send(long offset, long stamp, byte[] key, byte[] value, Row[] headers) {
    byte[] frame = NodeProcess.frame(NodeProcess.RECORD, number, (out) -> {
      out.writeInt(partition);
      out.writeLong(offset);
      out.writeLong(stamp);
      write(out, key);
      write(out, value);
      out.writeInt(headers.length);
      for (Row header : headers) {
        write(out, header.getString(0).getBytes(StandardCharsets.UTF_8));
        write(out, header.isNullAt(1) ? null : (byte[]) header.get(1));
      }
    });
    synchronized (this) {
      while (waitingBytes > 0 && waitingBytes + frame.length > WINDOW_BYTES && fault == null) await();
      throwFault();
      waitingBytes += frame.length;
    }
    process.write(frame);
  }

  /** Returns when the effects of all records are in HBase. Throws what went wrong. */
  void finish() {
    try {
      process.write(NodeProcess.frame(NodeProcess.CLOSE, number, (out) -> {}));
      synchronized (this) {
        while (!isDone && fault == null) await();
        throwFault();
      }
      process.forget(number);
    } catch (RuntimeException thrown) {
      abandon();
      throw thrown;
    }
  }

  void abandon() {
    process.forget(number);
    process.write(NodeProcess.frame(NodeProcess.ABANDON, number, (out) -> {}));
  }

  synchronized void taken(long bytes) {
    waitingBytes -= bytes;
    notifyAll();
  }

  synchronized void done() {
    isDone = true;
    notifyAll();
  }

  synchronized void fail(String because) {
    if (fault == null) fault = because;
    notifyAll();
  }

  private void await() {
    try {
      wait();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was told to end", interrupted);
    }
  }

  private void throwFault() {
    if (fault != null) throw new IllegalStateException(fault);
  }

  private static void write(DataOutputStream out, byte[] content) throws IOException {
    if (content == null) {
      out.writeInt(-1);
      return;
    }
    out.writeInt(content.length);
    out.write(content);
  }
}

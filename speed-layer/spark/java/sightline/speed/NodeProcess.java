package sightline.speed;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The one long-lived process of an executor that decides and writes: speed-layer/spark/executor.ts.
 *
 * It starts with the first record and ends when its standard input ends, with this JVM. If it dies, its tasks fail, and
 * the next task starts another one. Frames of all tasks share a buffer; one thread writes it to the process, so that
 * many small frames become few writes without a timer. What the process logs goes to the standard error of the executor.
 */
final class NodeProcess {
  static final int SETTINGS = 0;
  static final int OPEN = 1;
  static final int RECORD = 2;
  static final int CLOSE = 3;
  static final int ABANDON = 4;
  private static final int TAKEN = 5;
  private static final int DONE = 6;
  private static final int FAILED = 7;
  /** The supervisor finds the exit code behind this word. */
  static final String FAULT = "SIGHTLINE EXIT ";

  private static NodeProcess current;

  private final Process process;
  private final Map<Integer, RoundTask> tasks = new ConcurrentHashMap<>();
  private final AtomicInteger lastTask = new AtomicInteger();
  private final Object pipe = new Object();
  private ByteArrayOutputStream pending = new ByteArrayOutputStream(1 << 16);
  private volatile String fault;

  interface Body {
    void writeTo(DataOutputStream out) throws IOException;
  }

  static synchronized NodeProcess running(String[] program, String settings) {
    if (current == null || current.fault != null) current = new NodeProcess(program, settings);
    return current;
  }

  static byte[] frame(int kind, int task, Body body) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(0);
      out.writeByte(kind);
      out.writeInt(task);
      body.writeTo(out);
      byte[] frame = bytes.toByteArray();
      java.nio.ByteBuffer.wrap(frame).putInt(frame.length - 4);
      return frame;
    } catch (IOException fault) {
      throw new IllegalStateException("A frame could not be made", fault);
    }
  }

  private NodeProcess(String[] program, String settings) {
    try {
      process = new ProcessBuilder(program).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException fault) {
      throw new IllegalStateException(FAULT + "5: The process that decides could not be started: " + fault, fault);
    }
    write(frame(SETTINGS, 0, (out) -> out.write(settings.getBytes(StandardCharsets.UTF_8))));
    start("sightline-writer", this::writePending);
    start("sightline-answers", this::readAnswers);
  }

  RoundTask open(int run, int batch, int partition) {
    int number = lastTask.incrementAndGet();
    RoundTask task = new RoundTask(this, number, partition);
    tasks.put(number, task);
    if (fault != null) task.fail(fault);
    write(frame(OPEN, number, (out) -> {
      out.writeInt(run);
      out.writeInt(batch);
      out.writeInt(partition);
    }));
    return task;
  }

  void forget(int task) {
    tasks.remove(task);
  }

  void write(byte[] frame) {
    synchronized (pipe) {
      pending.write(frame, 0, frame.length);
      pipe.notify();
    }
  }

  private void writePending() {
    try (OutputStream input = process.getOutputStream()) {
      while (fault == null) {
        ByteArrayOutputStream full;
        synchronized (pipe) {
          while (pending.size() == 0 && fault == null) pipe.wait();
          full = pending;
          pending = new ByteArrayOutputStream(1 << 16);
        }
        full.writeTo(input);
        input.flush();
      }
    } catch (IOException | InterruptedException ended) {
      process.destroy();
    }
  }

  private void readAnswers() {
    try (DataInputStream answers = new DataInputStream(process.getInputStream())) {
      for (;;) {
        byte[] body = new byte[answers.readInt() - 5];
        int kind = answers.readUnsignedByte();
        int number = answers.readInt();
        answers.readFully(body);
        if (kind == FAILED && number == 0) fail(faultIn(body));
        RoundTask task = tasks.get(number);
        if (task == null) continue;
        if (kind == TAKEN) task.taken(Integer.toUnsignedLong(java.nio.ByteBuffer.wrap(body).getInt()));
        else if (kind == DONE) task.done();
        else if (kind == FAILED) task.fail(faultIn(body));
      }
    } catch (IOException ended) {
      fail(FAULT + "5: The process that decides has ended: " + exitCode());
    }
  }

  private static String faultIn(byte[] body) {
    return FAULT + body[0] + ": " + new String(body, 1, body.length - 1, StandardCharsets.UTF_8);
  }

  private void fail(String because) {
    if (fault == null) fault = because;
    for (RoundTask task : new ArrayList<>(tasks.values())) task.fail(fault);
    synchronized (pipe) {
      pipe.notify();
    }
  }

  private String exitCode() {
    try {
      return "exit " + process.waitFor();
    } catch (InterruptedException interrupted) {
      return interrupted.toString();
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }
}

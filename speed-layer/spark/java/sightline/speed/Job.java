package sightline.speed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;

/**
 * The driver of the streaming query: speed-layer/spark/job.ts starts it by spark-submit and tells it what to do.
 *
 * Orders come as JSON lines on standard input, events go as JSON lines to standard output. An order to start names the
 * offsets, which the supervisor takes from the progress rows, so a checkpoint would only be a second truth: it is a new
 * folder for each start, and removed afterwards. The query has no state and no shuffle: each partition of the log is one
 * task, which does whole rounds (RoundWriter.java). The end of the orders ends this program.
 */
public final class Job {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SLOTS_LIMIT_MS = 60_000;
  private static final long SLOTS_LOOK_MS = 500;

  private final SparkSession spark;
  private final PrintStream events;
  private StreamingQuery query;

  private Job(SparkSession spark, PrintStream events) {
    this.spark = spark;
    this.events = events;
  }

  public static void main(String[] args) throws IOException {
    PrintStream events = System.out;
    // Whatever else writes to standard output must not stand between the events.
    System.setOut(System.err);
    SparkSession spark = SparkSession.builder().getOrCreate();
    Job job = new Job(spark, events);
    job.tell(Map.of("event", "ready", "application", spark.sparkContext().applicationId()));
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) job.obey(JSON.readTree(line));
    job.stop();
    spark.stop();
    System.exit(0);
  }

  private void obey(JsonNode order) {
    if (order.get("order").asText().equals("start")) start(order);
    else stop();
  }

  private void start(JsonNode order) {
    int run = order.get("run").asInt();
    Path checkpoint = null;
    try {
      awaitSlots(order.get("slots").asInt());
      checkpoint = Files.createTempDirectory("sightline-speed-");
      query = startQuery(order, run, checkpoint);
      tell(Map.of("event", "started", "run", run));
      StreamingQuery started = query;
      Path folder = checkpoint;
      new Thread(() -> watch(started, run, folder), "sightline-query-" + run).start();
    } catch (Exception fault) {
      ended(run, fault, checkpoint);
    }
  }

  /** A query whose tasks all run at once would wait for ever for slots that no executor brings. */
  private void awaitSlots(int needed) throws InterruptedException {
    long giveUpAt = System.currentTimeMillis() + SLOTS_LIMIT_MS;
    int slots = spark.sparkContext().defaultParallelism();
    while (slots < needed && System.currentTimeMillis() < giveUpAt) {
      Thread.sleep(SLOTS_LOOK_MS);
      slots = spark.sparkContext().defaultParallelism();
    }
    if (slots < needed)
      throw new IllegalStateException(
          NodeProcess.FAULT + "5: The executors have " + slots + " slots after " + SLOTS_LIMIT_MS / 1000
              + " s; a real-time query of " + needed + " partitions needs as many. Give Spark more executors or cores.");
  }

  private StreamingQuery startQuery(JsonNode order, int run, Path checkpoint) throws Exception {
    Map<String, String> options = new HashMap<>();
    order.get("source").properties().forEach((each) -> options.put(each.getKey(), each.getValue().asText()));
    String[] program = JSON.treeToValue(order.get("program"), String[].class);
    Dataset<Row> records =
        spark.readStream().format("kafka").options(options).load().selectExpr(RoundWriter.COLUMNS);
    String interval = order.get("realtimeInterval").asText("");
    return records
        .writeStream()
        .outputMode("update")
        .option("checkpointLocation", checkpoint.toUri().toString())
        .trigger(interval.isEmpty() ? Trigger.ProcessingTime(0) : Trigger.RealTime(interval))
        .foreach(new RoundWriter(program, order.get("settings").toString(), run))
        .start();
  }

  private void stop() {
    if (query == null) return;
    try {
      query.stop();
    } catch (Exception fault) {
      System.err.println("The query could not be stopped: " + fault);
    }
  }

  private void watch(StreamingQuery started, int run, Path checkpoint) {
    try {
      started.awaitTermination();
      ended(run, null, checkpoint);
    } catch (StreamingQueryException fault) {
      ended(run, fault, checkpoint);
    }
  }

  private void ended(int run, Throwable fault, Path checkpoint) {
    remove(checkpoint);
    Map<String, Object> event = new HashMap<>(Map.of("event", "ended", "run", run));
    if (fault != null) event.put("fault", textOf(fault));
    tell(event);
  }

  /** The whole chain: the words of the process that decides are in one of its causes. */
  private static String textOf(Throwable fault) {
    StringBuilder text = new StringBuilder();
    for (Throwable each = fault; each != null && each.getCause() != each; each = each.getCause())
      text.append(each).append('\n');
    return text.toString();
  }

  private static void remove(Path folder) {
    if (folder == null) return;
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach((file) -> file.toFile().delete());
    } catch (IOException left) {
      System.err.println("The checkpoint " + folder + " could not be removed: " + left);
    }
  }

  private synchronized void tell(Map<String, ?> event) {
    try {
      events.println(JSON.writeValueAsString(event));
      events.flush();
    } catch (IOException fault) {
      throw new IllegalStateException(fault);
    }
  }
}

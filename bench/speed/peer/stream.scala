// What a team would write instead of a speed layer, in Spark Structured Streaming: the backlog of a topic, or what comes for so many
// seconds (PEER_SECONDS), each detection once within the window, joined with the places; to nowhere (noop), a row a detection to HBase (rows), or all that the speed layer keeps: rows,
// lists and counts (counted). spark.ts runs it in spark-shell and reads its last line.
import org.apache.hadoop.hbase.{HBaseConfiguration, TableName}
import org.apache.hadoop.hbase.client.{Connection, ConnectionFactory, Increment, Put}
import org.apache.hadoop.hbase.io.ImmutableBytesWritable
import org.apache.hadoop.hbase.mapreduce.TableOutputFormat
import org.apache.hadoop.hbase.util.Bytes
import org.apache.hadoop.mapreduce.Job
import org.apache.spark.rdd.RDD
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.functions._
import org.apache.spark.sql.streaming.Trigger

def setting(name: String): String = sys.env("PEER_" + name)

val liveSeconds = setting("SECONDS").toLong

val detections = spark.readStream
  .format("kafka")
  .option("kafka.bootstrap.servers", setting("BROKERS"))
  .option("subscribe", setting("TOPIC"))
  .option("startingOffsets", if (liveSeconds > 0) "latest" else "earliest")
  .option("maxOffsetsPerTrigger", setting("BATCH"))
  .load()
  .select(from_json(col("value").cast("string"),
    "geographical_location_oid BIGINT, video_camera_oid BIGINT, detection_oid BIGINT, item_name STRING, timestamp_detected BIGINT",
    Map.empty[String, String]).as("d"))
  .select("d.*")
  .withColumn("detected_at", timestamp_millis(col("timestamp_detected")))

val places = spark.read.option("header", "true").csv(setting("PLACES"))
  .withColumn("geographical_location_oid", col("geographical_location_oid").cast("bigint"))

val joined = detections
  .withWatermark("detected_at", "3 days")
  .dropDuplicatesWithinWatermark("detection_oid")
  .join(broadcast(places), Seq("geographical_location_oid"), "left")

object Sink extends Serializable {
  val family: Array[Byte] = Bytes.toBytes("d")
  def put(row: Row): (ImmutableBytesWritable, Put) = {
    val id = row.getAs[Long]("detection_oid")
    // Spread as our own rows are: a byte of a hash, then the id.
    val mixed = id * 0x9E3779B97F4A7C15L
    val key = Array((mixed >>> 56).toByte) ++ Bytes.toBytes(id)
    val value = Bytes.toBytes(row.getAs[Long]("geographical_location_oid")) ++ Bytes.toBytes(row.getAs[Long]("video_camera_oid")) ++
      Bytes.toBytes(row.getAs[Long]("timestamp_detected")) ++ Bytes.toBytes(row.getAs[String]("item_name"))
    (new ImmutableBytesWritable(key), new Put(key).addColumn(family, Array.emptyByteArray, value))
  }
}

object HBase extends Serializable {
  val zookeeper: String = setting("ZOOKEEPER")
  val znode: String = setting("ZNODE")
  val namespace: String = setting("NAMESPACE")
  def conf: org.apache.hadoop.conf.Configuration = {
    val conf = HBaseConfiguration.create()
    conf.set("hbase.zookeeper.quorum", zookeeper.split(":")(0))
    conf.set("hbase.zookeeper.property.clientPort", zookeeper.split(":")(1))
    conf.set("zookeeper.znode.parent", znode)
    conf
  }
  /** One for each process, as a team would keep it. */
  lazy val connection: Connection = ConnectionFactory.createConnection(conf)
}

def putAll(puts: RDD[(ImmutableBytesWritable, Put)], table: String): Unit = {
  val conf = HBase.conf
  conf.set(TableOutputFormat.OUTPUT_TABLE, s"${HBase.namespace}:$table")
  val job = Job.getInstance(conf)
  job.setOutputFormatClass(classOf[TableOutputFormat[ImmutableBytesWritable]])
  puts.saveAsNewAPIHadoopDataset(job.getConfiguration)
}

def rowsToHBase(batch: DataFrame, number: Long): Unit = putAll(batch.rdd.map(Sink.put), "detections")

object View extends Serializable {
  val family: Array[Byte] = Bytes.toBytes("i")
  val listFamily: Array[Byte] = Bytes.toBytes("d")
  /** One row an hour for each of sixteen groups of places, and one for all places, as in our own view. */
  def row(group: Int, hour: Int): Array[Byte] = Array(group.toByte) ++ Bytes.toBytes(hour)
  def groupOf(place: Long): Int = ((place * 0x9E3779B97F4A7C15L) >>> 60).toInt
  def entry(row: Row): Array[Byte] =
    Bytes.toBytes((row.getAs[Long]("timestamp_detected") % 1000).toShort) ++ Bytes.toBytes(row.getAs[Long]("geographical_location_oid")) ++
      Bytes.toBytes(row.getAs[Long]("detection_oid"))
  def listPut(cell: ((Int, Long), Iterable[Array[Byte]]), batch: Long): (ImmutableBytesWritable, Put) = {
    val ((group, second), entries) = cell
    val key = row(group, (second / 3600).toInt)
    val qualifier = Bytes.toBytes((3599 - second % 3600).toShort) ++ Bytes.toBytes(batch)
    (new ImmutableBytesWritable(key), new Put(key).addColumn(listFamily, qualifier, entries.toArray.flatten))
  }
  def count(place: Option[Long], item: Option[String], minute: Long, count: Long): ((Int, Int), (Array[Byte], Long)) = {
    val group = if (place.isDefined && item.isDefined) groupOf(place.get) else 16
    val qualifier = place.map(Bytes.toBytes(_)).getOrElse(Array.emptyByteArray) ++ item.map(Bytes.toBytes(_)).getOrElse(Array.emptyByteArray) ++
      Array((minute % 60).toByte)
    ((group, (minute / 60).toInt), (qualifier, count))
  }
  def increment(counts: Iterator[((Int, Int), Iterable[(Array[Byte], Long)])]): Unit = {
    val table = HBase.connection.getTable(TableName.valueOf(s"${HBase.namespace}:speed_view"))
    for (((group, hour), cells) <- counts; some <- cells.grouped(1000)) {
      val increment = new Increment(row(group, hour)).setReturnResults(false)
      some.foreach { case (qualifier, count) => increment.addColumn(family, qualifier, count) }
      table.increment(increment)
    }
    table.close()
  }
}

/** Increments are not exact when a batch is done again; a team that wants that needs more than this. */
def countedToHBase(batch: DataFrame, number: Long): Unit = {
  batch.persist()
  rowsToHBase(batch, number)
  val lists = batch.rdd.map(row => ((View.groupOf(row.getAs[Long]("geographical_location_oid")), row.getAs[Long]("timestamp_detected") / 1000), View.entry(row)))
  putAll(lists.groupByKey().map(View.listPut(_, number)), "speed_view")
  val counts = batch.groupBy(col("geographical_location_oid"), col("item_name"), (col("timestamp_detected") / 60000).cast("bigint").as("minute")).count()
  counts.rdd
    .flatMap { row =>
      val (place, item) = (Some(row.getLong(0)), Some(row.getString(1)))
      for ((p, i) <- Seq((place, item), (place, None), (None, item), (None, None))) yield (p, i, row.getLong(2)) -> row.getLong(3)
    }
    .reduceByKey(_ + _)
    .map { case ((place, item, minute), count) => View.count(place, item, minute, count) }
    .groupByKey()
    .foreachPartition(View.increment _)
  batch.unpersist()
}

val trigger = if (liveSeconds > 0) Trigger.ProcessingTime(0) else Trigger.AvailableNow()
val writing = joined.writeStream.option("checkpointLocation", setting("CHECKPOINT")).trigger(trigger)
val query = (setting("SINK") match {
  case "rows" => writing.foreachBatch(rowsToHBase _)
  case "counted" => writing.foreachBatch(countedToHBase _)
  case "noop" => writing.format("noop")
}).start()
if (liveSeconds > 0) { query.awaitTermination(liveSeconds * 1000); query.stop() } else query.awaitTermination()
val batches = query.recentProgress.filter(_.numInputRows > 0)
  .map(p => s"[${p.numInputRows},${java.time.Instant.parse(p.timestamp).toEpochMilli},${p.durationMs.get("triggerExecution")}]")
println("PEER " + batches.mkString("[", ",", "]"))
System.exit(0)

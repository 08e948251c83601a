// What a team would write instead of a speed layer, in Spark Structured Streaming: the backlog of a topic, each detection once within
// the window, joined with the places; rows to nowhere (noop) or to HBase. spark.ts runs it in spark-shell and reads its last line.
import org.apache.hadoop.hbase.{HBaseConfiguration, TableName}
import org.apache.hadoop.hbase.client.Put
import org.apache.hadoop.hbase.io.ImmutableBytesWritable
import org.apache.hadoop.hbase.mapreduce.TableOutputFormat
import org.apache.hadoop.hbase.util.Bytes
import org.apache.hadoop.mapreduce.Job
import org.apache.spark.sql.{DataFrame, Row}
import org.apache.spark.sql.functions._
import org.apache.spark.sql.streaming.Trigger

def setting(name: String): String = sys.env("PEER_" + name)

val detections = spark.readStream
  .format("kafka")
  .option("kafka.bootstrap.servers", setting("BROKERS"))
  .option("subscribe", setting("TOPIC"))
  .option("startingOffsets", "earliest")
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

def toHBase(batch: DataFrame, number: Long): Unit = {
  val conf = HBaseConfiguration.create()
  conf.set("hbase.zookeeper.quorum", setting("ZOOKEEPER").split(":")(0))
  conf.set("hbase.zookeeper.property.clientPort", setting("ZOOKEEPER").split(":")(1))
  conf.set("zookeeper.znode.parent", setting("ZNODE"))
  conf.set(TableOutputFormat.OUTPUT_TABLE, setting("TABLE"))
  val job = Job.getInstance(conf)
  job.setOutputFormatClass(classOf[TableOutputFormat[ImmutableBytesWritable]])
  batch.rdd.map(Sink.put).saveAsNewAPIHadoopDataset(job.getConfiguration)
}

val writing = joined.writeStream.option("checkpointLocation", setting("CHECKPOINT")).trigger(Trigger.AvailableNow())
val query = (if (setting("SINK") == "hbase") writing.foreachBatch(toHBase _) else writing.format("noop")).start()
query.awaitTermination()
val batches = query.recentProgress.filter(_.numInputRows > 0)
  .map(p => s"[${p.numInputRows},${p.durationMs.get("triggerExecution")}]")
println("PEER " + batches.mkString("[", ",", "]"))
System.exit(0)

import java.lang.reflect.InvocationTargetException;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat;
import org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe;
import org.apache.hadoop.hive.serde2.objectinspector.ObjectInspectorUtils;
import org.apache.hadoop.hive.serde2.objectinspector.StructObjectInspector;
import org.apache.hadoop.io.ArrayWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.mapred.FileInputFormat;
import org.apache.hadoop.mapred.InputSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.mapred.Reporter;

/**
 * Reads a Parquet file with the classes that a table STORED AS PARQUET has in Hive, whichever version is on the class
 * path. Arguments: the file, names of columns, and their types, once or several times. It prints a line a row, or the
 * class of what was thrown; a blank line ends the rows of one list of types.
 */
public class ReadAsHive {
  public static void main(String[] args) throws Exception {
    for (int i = 2; i < args.length; i++) {
      try {
        read(args[0], args[1], args[i]);
      } catch (Exception thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) cause = cause.getCause();
        System.out.println(cause.getClass().getName());
      }
      System.out.println();
    }
  }

  private static void read(String file, String names, String types) throws Exception {
    JobConf job = new JobConf();
    job.set("columns", names);
    job.set("columns.types", types);
    job.setBoolean("hive.io.file.read.all.columns", true);
    FileInputFormat.setInputPaths(job, new Path(file));
    Properties table = new Properties();
    table.setProperty("columns", names);
    table.setProperty("columns.types", types);
    ParquetHiveSerDe serde = serdeOf(job, table);
    StructObjectInspector inspector = (StructObjectInspector) serde.getObjectInspector();
    MapredParquetInputFormat format = new MapredParquetInputFormat();
    for (InputSplit split : format.getSplits(job, 1)) {
      RecordReader<NullWritable, ArrayWritable> reader = format.getRecordReader(split, job, Reporter.NULL);
      NullWritable key = reader.createKey();
      ArrayWritable value = reader.createValue();
      while (reader.next(key, value))
        System.out.println(ObjectInspectorUtils.copyToStandardJavaObject(serde.deserialize(value), inspector));
    }
  }

  /** Hive 4 passes the properties of a partition too. */
  private static ParquetHiveSerDe serdeOf(Configuration job, Properties table) throws Exception {
    ParquetHiveSerDe serde = new ParquetHiveSerDe();
    Class<?>[] ofHive4 = {Configuration.class, Properties.class, Properties.class};
    Class<?>[] before = {Configuration.class, Properties.class};
    try {
      ParquetHiveSerDe.class.getMethod("initialize", ofHive4).invoke(serde, job, table, null);
    } catch (NoSuchMethodException old) {
      ParquetHiveSerDe.class.getMethod("initialize", before).invoke(serde, job, table);
    } catch (InvocationTargetException thrown) {
      throw (Exception) thrown.getCause();
    }
    return serde;
  }
}

package sightline.footage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.api.java.UDF1;

/** The text of a file; null if it is gone. Spark's own reader passes over names that begin with _. */
public final class ReadText implements UDF1<String, String> {
  @Override
  public String call(String url) throws IOException {
    Path path = new Path(url);
    try (FSDataInputStream in = Files.of(path).open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException gone) {
      return null;
    }
  }
}

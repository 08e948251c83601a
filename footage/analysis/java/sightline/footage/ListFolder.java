package sightline.footage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF3;

/**
 * The files of a folder whose names lie within [first, last), as (name, bytes).
 *
 * HDFS gives a folder in pieces of 1,000 names, so only the wanted names are in memory. A folder that is gone is empty.
 */
public final class ListFolder implements UDF3<String, String, String, List<Row>> {
  @Override
  public List<Row> call(String url, String first, String last) throws IOException {
    Path folder = new Path(url);
    List<Row> found = new ArrayList<>();
    try {
      RemoteIterator<FileStatus> entries = Files.of(folder).listStatusIterator(folder);
      while (entries.hasNext()) {
        FileStatus entry = entries.next();
        String name = entry.getPath().getName();
        if (entry.isFile() && name.compareTo(first) >= 0 && name.compareTo(last) < 0)
          found.add(RowFactory.create(name, entry.getLen()));
      }
    } catch (FileNotFoundException gone) {
      return List.of();
    }
    return found;
  }
}

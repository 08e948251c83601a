package sightline.footage;

import java.io.IOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;

/** The file system of a URL, with the settings of the Spark that runs this. */
final class Files {
  private Files() {}

  static FileSystem of(Path path) throws IOException {
    return path.getFileSystem(SparkHadoopUtil.get().conf());
  }
}

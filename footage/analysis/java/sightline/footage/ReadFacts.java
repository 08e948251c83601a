package sightline.footage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.BlockMissingException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF4;

/**
 * What one frame or film is: a list of one row (width, height, brightness, sharpness, perceptual_hash, duration_ms,
 * frame_rate, fault), or an empty list if the file is gone.
 *
 * The bytes are `length` from `offset` of the file, which is a settled file or a pack. A frame is read whole, up to
 * MOST_FRAME_BYTES; of a film only its index is read. A fault of the file is a row; a fault of HDFS ends the task, and
 * Spark tries it again.
 */
public final class ReadFacts implements UDF4<String, Long, Long, String, List<Row>> {
  private static final int MOST_FRAME_BYTES = 64 << 20;

  @Override
  public List<Row> call(String url, Long offset, Long length, String kind) throws IOException {
    Path path = new Path(url);
    try (FSDataInputStream in = Files.of(path).open(path)) {
      return List.of(kind.equals("mp4") ? film(in, offset, length) : frame(in, offset, length, kind));
    } catch (FileNotFoundException gone) {
      return List.of();
    } catch (Fault fault) {
      return List.of(faulty(fault.word));
    } catch (BlockMissingException | ChecksumException lost) {
      return List.of(faulty(Fault.UNREADABLE));
    }
  }

  private static Row frame(FSDataInputStream in, long offset, long length, String kind) throws IOException, Fault {
    if (length > MOST_FRAME_BYTES) throw new Fault(Fault.TOO_LARGE);
    byte[] bytes = new byte[(int) length];
    in.readFully(offset, bytes);
    Luma luma = Luma.decode(bytes, kind);
    return RowFactory.create(
        luma.width, luma.height, luma.brightness(), luma.sharpness(), luma.differenceHash(), null, null, null);
  }

  private static Row film(FSDataInputStream in, long offset, long length) throws IOException, Fault {
    Film film = Film.read(in, offset, length);
    return RowFactory.create(film.width, film.height, null, null, null, film.durationMs, film.frameRate, null);
  }

  private static Row faulty(String word) {
    return RowFactory.create(null, null, null, null, null, null, null, word);
  }
}

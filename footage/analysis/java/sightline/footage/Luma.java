package sightline.footage;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The luma of a picture on a grid of at most MOST_SIDE cells a side, and what is computed from it.
 *
 * Memory is bounded whatever the picture: a large one is decoded with every n-th row and column only, and a cell of the
 * grid is the mean of a square of what was decoded. All sums are whole numbers, so the same bytes give the same numbers.
 */
final class Luma {
  private static final int MOST_SIDE = 640;
  private static final int MOST_DECODED_SIDE = 2_560;
  /** A progressive JPEG of so many pixels takes some 300 MB while it is decoded. */
  private static final long MOST_PIXELS = 50_000_000L;

  static {
    ImageIO.setUseCache(false);
  }

  final int width;
  final int height;
  private final int[] cells;
  private final int columns;
  private final int rows;

  private Luma(int width, int height, int[] cells, int columns, int rows) {
    this.width = width;
    this.height = height;
    this.cells = cells;
    this.columns = columns;
    this.rows = rows;
  }

  /** `kind`: jpg or png. */
  static Luma decode(byte[] bytes, String kind) throws Fault {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(kind.equals("jpg") ? "jpeg" : kind);
    if (!readers.hasNext()) throw new Fault(Fault.UNDECODABLE);
    ImageReader reader = readers.next();
    boolean[] isCut = new boolean[1];
    // A decoder fills the rest of a picture that is cut off with gray, and only warns.
    reader.addIIOReadWarningListener(
        (source, warning) -> isCut[0] |= warning.contains("Truncated") || warning.contains("Premature"));
    try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(input, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      if ((long) width * height > MOST_PIXELS) throw new Fault(Fault.TOO_LARGE);
      ImageReadParam every = reader.getDefaultReadParam();
      int step = ceilDiv(Math.max(width, height), MOST_DECODED_SIDE);
      every.setSourceSubsampling(step, step, 0, 0);
      BufferedImage image = reader.read(0, every);
      if (isCut[0]) throw new Fault(Fault.UNDECODABLE);
      return ofImage(image, width, height);
    } catch (Fault fault) {
      throw fault;
    } catch (Exception broken) {
      // Whatever a decoder throws at broken bytes; a fault of HDFS cannot be here, since the bytes are in memory.
      throw new Fault(Fault.UNDECODABLE);
    } finally {
      reader.dispose();
    }
  }

  private static Luma ofImage(BufferedImage image, int width, int height) {
    int side = ceilDiv(Math.max(image.getWidth(), image.getHeight()), MOST_SIDE);
    int columns = Math.max(1, image.getWidth() / side);
    int rows = Math.max(1, image.getHeight() / side);
    int across = Math.min(side, image.getWidth());
    int down = Math.min(side, image.getHeight());
    int[] cells = new int[columns * rows];
    Raster raster = image.getRaster();
    boolean isGray = raster.getNumBands() <= 2 && !(image.getColorModel() instanceof IndexColorModel);
    int shift = isGray ? Math.max(0, image.getColorModel().getComponentSize(0) - 8) : 0;
    // As a JPEG is decoded; the general way takes several times as long.
    boolean isBgr = image.getType() == BufferedImage.TYPE_3BYTE_BGR;
    byte[] bgr = isBgr ? ((DataBufferByte) raster.getDataBuffer()).getData() : null;
    int[] line = new int[image.getWidth()];
    for (int y = 0; y < rows * down; y++) {
      if (bgr != null) lumaOfLine(bgr, y * line.length * 3, line);
      else if (isGray) raster.getSamples(0, y, line.length, 1, 0, line);
      else image.getRGB(0, y, line.length, 1, line, 0, line.length);
      for (int x = 0; x < columns * across; x++) {
        int luma = bgr != null ? line[x] : isGray ? line[x] >> shift : lumaOf(line[x]);
        cells[(y / down) * columns + x / across] += luma;
      }
    }
    for (int i = 0; i < cells.length; i++) cells[i] /= across * down;
    return new Luma(width, height, cells, columns, rows);
  }

  private static void lumaOfLine(byte[] bgr, int from, int[] line) {
    for (int x = 0, at = from; x < line.length; x++, at += 3)
      line[x] = (299 * (bgr[at + 2] & 255) + 587 * (bgr[at + 1] & 255) + 114 * (bgr[at] & 255)) / 1000;
  }

  /** ITU-R BT.601. */
  private static int lumaOf(int rgb) {
    return (299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255)) / 1000;
  }

  /** The mean, 0 to 255. */
  double brightness() {
    long sum = 0;
    for (int cell : cells) sum += cell;
    return rounded((double) sum / cells.length);
  }

  /** The variance of the Laplacian (Pech-Pacheco et al., 2000): low where nothing has an edge. */
  double sharpness() {
    long sum = 0;
    long squares = 0;
    long count = 0;
    for (int y = 1; y < rows - 1; y++)
      for (int x = 1; x < columns - 1; x++) {
        int at = y * columns + x;
        int laplacian = cells[at - 1] + cells[at + 1] + cells[at - columns] + cells[at + columns] - 4 * cells[at];
        sum += laplacian;
        squares += (long) laplacian * laplacian;
        count++;
      }
    if (count == 0) return 0;
    double mean = (double) sum / count;
    return rounded((double) squares / count - mean * mean);
  }

  /**
   * The difference hash (dHash): of nine means in each of eight rows, whether one is brighter than its right neighbour.
   * Row by row, the first bit is the greatest.
   */
  String differenceHash() {
    long hash = 0;
    for (int y = 0; y < 8; y++)
      for (int x = 0; x < 8; x++) hash = hash << 1 | (mean(x, y) > mean(x + 1, y) ? 1 : 0);
    return String.format("%016x", hash);
  }

  /** Of one of 9 by 8 parts of the grid. */
  private double mean(int x, int y) {
    int left = x * columns / 9;
    int right = Math.max(left + 1, (x + 1) * columns / 9);
    int top = y * rows / 8;
    int bottom = Math.max(top + 1, (y + 1) * rows / 8);
    long sum = 0;
    for (int row = top; row < bottom; row++)
      for (int column = left; column < right; column++) sum += cells[row * columns + column];
    return (double) sum / ((right - left) * (bottom - top));
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }
}

package sightline.footage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * Size, length and frame rate of an MP4 film, from its index (the box `moov`, ISO/IEC 14496-12).
 *
 * Only the heads of the outer boxes and the index are read, wherever the index lies, so a film of 200 MB costs a few
 * kilobytes. Every box must lie within the one around it, and the index has at most MOST_INDEX_BYTES: no length that a
 * file claims is allocated.
 *
 *   moov ── mvhd (time scale, duration)
 *        └─ trak ── tkhd (width, height)
 *                └─ mdia ── mdhd (time scale), hdlr (kind of track), minf ── stbl ── stts (frames and their durations)
 */
final class Film {
  private static final int MOST_INDEX_BYTES = 32 << 20;
  private static final int MOST_OUTER_BOXES = 10_000;

  Integer width;
  Integer height;
  Long durationMs;
  /** Frames a second; null in a film of fragments, whose index has no frames. */
  Double frameRate;

  private Film() {}

  static Film read(FSDataInputStream in, long offset, long length) throws IOException, Fault {
    byte[] head = new byte[16];
    long at = 0;
    for (int boxes = 0; boxes < MOST_OUTER_BOXES && length - at >= 8; boxes++) {
      in.readFully(offset + at, head, 0, (int) Math.min(head.length, length - at));
      ByteBuffer box = ByteBuffer.wrap(head);
      long size = Integer.toUnsignedLong(box.getInt(0));
      int headBytes = size == 1 ? 16 : 8;
      if (size == 1) size = box.getLong(8);
      if (size == 0) size = length - at;
      if (size < headBytes || size > length - at) throw new Fault(Fault.UNDECODABLE);
      if (typeAt(box, 4).equals("moov")) return ofIndex(in, offset + at + headBytes, size - headBytes);
      at += size;
    }
    throw new Fault(Fault.UNDECODABLE);
  }

  private static Film ofIndex(FSDataInputStream in, long offset, long bytes) throws IOException, Fault {
    if (bytes > MOST_INDEX_BYTES) throw new Fault(Fault.TOO_LARGE);
    byte[] index = new byte[(int) bytes];
    in.readFully(offset, index);
    Film film = new Film();
    try {
      film.readMovie(ByteBuffer.wrap(index));
    } catch (IndexOutOfBoundsException | IllegalArgumentException cut) {
      throw new Fault(Fault.UNDECODABLE);
    }
    if (film.width == null) throw new Fault(Fault.UNDECODABLE);
    return film;
  }

  private void readMovie(ByteBuffer moov) throws Fault {
    ByteBuffer head = find(moov, "mvhd");
    if (head == null) throw new Fault(Fault.UNDECODABLE);
    boolean isLong = head.get(0) == 1;
    long scale = Integer.toUnsignedLong(head.getInt(isLong ? 20 : 12));
    long duration = isLong ? head.getLong(24) : Integer.toUnsignedLong(head.getInt(16));
    boolean isKnown = duration > 0 && duration != (isLong ? -1L : 0xFFFF_FFFFL) && scale > 0;
    if (isKnown) durationMs = Math.round(duration * 1_000.0 / scale);
    for (ByteBuffer rest = moov.duplicate(); width == null; ) {
      ByteBuffer track = next(rest, "trak");
      if (track == null) return;
      readTrack(track);
    }
  }

  private void readTrack(ByteBuffer track) throws Fault {
    ByteBuffer media = find(track, "mdia");
    ByteBuffer kind = media == null ? null : find(media, "hdlr");
    ByteBuffer head = find(track, "tkhd");
    if (kind == null || head == null || !typeAt(kind, 8).equals("vide")) return;
    width = head.getInt(head.limit() - 8) >>> 16;
    height = head.getInt(head.limit() - 4) >>> 16;
    ByteBuffer mediaHead = find(media, "mdhd");
    ByteBuffer times = find(media, "minf", "stbl", "stts");
    if (mediaHead == null || times == null) return;
    long scale = Integer.toUnsignedLong(mediaHead.getInt(mediaHead.get(0) == 1 ? 20 : 12));
    long entries = Math.min(Integer.toUnsignedLong(times.getInt(4)), (times.limit() - 8) / 8);
    double frames = 0;
    double ticks = 0;
    for (int i = 0; i < entries; i++) {
      long count = Integer.toUnsignedLong(times.getInt(8 + 8 * i));
      frames += count;
      ticks += (double) count * Integer.toUnsignedLong(times.getInt(12 + 8 * i));
    }
    if (ticks > 0) frameRate = Math.round(frames * scale / ticks * 1_000) / 1_000.0;
  }

  /** The content of a box within boxes, by their types; null if there is none. */
  private static ByteBuffer find(ByteBuffer within, String... types) throws Fault {
    ByteBuffer found = next(within.duplicate(), types[0]);
    return found == null || types.length == 1 ? found : find(found, Arrays.copyOfRange(types, 1, types.length));
  }

  /** The content of the next box of a type; `boxes` stands behind it afterwards. */
  private static ByteBuffer next(ByteBuffer boxes, String type) throws Fault {
    while (boxes.remaining() >= 8) {
      int begin = boxes.position();
      long size = Integer.toUnsignedLong(boxes.getInt(begin));
      int headBytes = size == 1 ? 16 : 8;
      if (size == 1) size = boxes.getLong(begin + 8);
      if (size == 0) size = boxes.remaining();
      if (size < headBytes || size > boxes.remaining()) throw new Fault(Fault.UNDECODABLE);
      boxes.position(begin + (int) size);
      if (typeAt(boxes, begin + 4).equals(type)) return boxes.slice(begin + headBytes, (int) size - headBytes);
    }
    return null;
  }

  private static String typeAt(ByteBuffer bytes, int at) {
    byte[] type = new byte[4];
    bytes.get(at, type);
    return new String(type, StandardCharsets.ISO_8859_1);
  }
}

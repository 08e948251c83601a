package sightline.footage;

/** A frame or film that is not decoded; the word is what the column `fault` says. */
final class Fault extends Exception {
  static final String UNDECODABLE = "undecodable";
  static final String TOO_LARGE = "too_large";
  static final String UNREADABLE = "unreadable";

  final String word;

  Fault(String word) {
    super(word, null, false, false);
    this.word = word;
  }
}

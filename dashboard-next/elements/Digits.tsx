/**
 * A number or word that may change its length: a node of its own for each length.
 *
 * Aligned at its end, a number that gains a digit begins further left, and what stands behind one begins further right.
 * Browsers call that a shift of the same text; as a new text it is what it is, other digits in the same box.
 */
export function Digits({ text }: { text: string }) {
  return <span key={text.length}>{text}</span>;
}

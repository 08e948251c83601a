/**
 * A number or word that may change its length: one node for each length.
 *
 * Text that is aligned at its end starts further left when it gains a digit. Browsers report that as a layout shift of
 * the same node. A new node is no shift, only other digits in the same box.
 */
export function Digits({ text }: { text: string }) {
  return <span key={text.length}>{text}</span>;
}

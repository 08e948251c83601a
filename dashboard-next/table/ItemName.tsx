/** An item's name in one line, whatever it holds; what does not fit opens as a whole. It is untrusted text. */
import { shownName, visible } from '../text/names.ts';
import { count } from '../text/numbers.ts';

export function ItemName({ name, openName }: { name: string; openName: (name: string) => void }) {
  const { text, more, long } = shownName(name);
  if (!long) {
    return (
      <bdi className="name" title={visible(name)}>
        {text}
      </bdi>
    );
  }
  return (
    <button
      type="button"
      className="name open"
      title={visible(name)}
      aria-haspopup="dialog"
      onClick={() => openName(name)}
    >
      <bdi>{text}</bdi>
      {more > 0 && <span className="rest num">{count(more)} more characters</span>}
    </button>
  );
}

/** The name of an item in one line. A long name opens in a dialog. Names are untrusted text. */
import { shortenName, makeVisible } from '../text/names.ts';
import { count } from '../text/numbers.ts';

export function ItemName({ name, openName }: { name: string; openName: (name: string) => void }) {
  const { text, more, isLong } = shortenName(name);
  if (!isLong) {
    return (
      <bdi className="name" title={makeVisible(name)}>
        {text}
      </bdi>
    );
  }
  return (
    <button
      type="button"
      className="name open"
      title={makeVisible(name)}
      aria-haspopup="dialog"
      onClick={() => openName(name)}
    >
      <bdi>{text}</bdi>
      {more > 0 && <span className="rest num">{count(more)} more characters</span>}
    </button>
  );
}

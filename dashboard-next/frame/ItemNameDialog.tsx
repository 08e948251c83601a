/** The whole name of an item: every character, with invisible ones made visible. */
import { makeVisible } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { Dialog } from '../elements/Dialog.tsx';

export function ItemNameDialog({ name, close }: { name: string | null; close: () => void }) {
  return (
    <Dialog title="Name of the item" isOpen={name !== null} close={close}>
      {name !== null && (
        <>
          <p className="hint num">{count([...name].length)} characters</p>
          <p className="whole" tabIndex={0}>
            <bdi>{makeVisible(name)}</bdi>
          </p>
        </>
      )}
    </Dialog>
  );
}

/** An item's whole name: every character of it, with what prints nothing made visible. */
import { visible } from '../text/names.ts';
import { count } from '../text/numbers.ts';
import { Dialog } from '../elements/Dialog.tsx';

export function ItemNameDialog({ name, close }: { name: string | null; close: () => void }) {
  return (
    <Dialog title="Name of the item" isOpen={name !== null} close={close}>
      {name !== null && (
        <>
          <p className="hint num">{count([...name].length)} characters</p>
          <p className="whole" tabIndex={0}>
            <bdi>{visible(name)}</bdi>
          </p>
        </>
      )}
    </Dialog>
  );
}

/** An item's whole name: every character of it, with what prints nothing made visible. */
import { visible } from '../live/names.ts';
import { count } from '../live/numbers.ts';
import { Dialog } from './Dialog.tsx';

export function NameDialog({ name, close }: { name: string | null; close: () => void }) {
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

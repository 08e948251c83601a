/** While pointer or focus is in a table, its rows keep the order that they had when it came. */
import { useMemo, useRef, useState } from 'react';
import { inHeldOrder } from '../model/rows.ts';

export function useSteadyRows<Row extends { key: string }>(
  rows: readonly Row[],
): {
  rows: readonly Row[];
  handlers: { onPointerEnter: () => void; onPointerLeave: () => void; onFocus: () => void; onBlur: () => void };
  release: () => void;
} {
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const current = useRef(rows);
  current.current = rows;
  const handlers = useMemo(() => {
    const hold = (): void => setHeld((was) => was ?? current.current.map(({ key }) => key));
    const release = (): void => setHeld(null);
    return { onPointerEnter: hold, onPointerLeave: release, onFocus: hold, onBlur: release };
  }, []);
  return { rows: inHeldOrder(rows, held), handlers, release: handlers.onBlur };
}

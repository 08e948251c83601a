/** Keeps the order of a table's rows while the pointer or the focus is in the table. */
import { useMemo, useRef, useState } from 'react';
import { keepOrder } from '../model/rows.ts';

export function useSteadyRows<Row extends { key: string }>(
  rows: readonly Row[],
): {
  rows: readonly Row[];
  handlers: { onPointerEnter: () => void; onPointerLeave: () => void; onFocus: () => void; onBlur: () => void };
  release: () => void;
} {
  const [order, setOrder] = useState<readonly string[] | null>(null);
  const current = useRef(rows);
  current.current = rows;
  const handlers = useMemo(() => {
    const hold = (): void => setOrder((was) => was ?? current.current.map(({ key }) => key));
    const release = (): void => setOrder(null);
    return { onPointerEnter: hold, onPointerLeave: release, onFocus: hold, onBlur: release };
  }, []);
  return { rows: keepOrder(rows, order), handlers, release: handlers.onBlur };
}

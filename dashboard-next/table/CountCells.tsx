/**
 * The figures of a counted row, an item's or a place's: its count, its share of the total, its change since the period
 * before.
 */
import { change as changeOf, count, share } from '../text/numbers.ts';
import type { Compared } from '../model/rows.ts';
import { ChangeText } from './ChangeText.tsx';
import { Digits } from '../elements/Digits.tsx';

interface Props {
  readonly row: { readonly count: number; readonly compared: Compared };
  readonly total: number;
}

export function CountCells({ row, total }: Props) {
  return (
    <>
      <td className="r num cnt">
        <Digits text={count(row.count)} />
      </td>
      <td className="r num shr">
        <Digits text={share(row.count, total)} />
      </td>
      <td className="r num chgc">
        <ChangeText change={changeOf(row.compared.now, row.compared.before)} />
      </td>
    </>
  );
}

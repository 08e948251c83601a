/** The cells of a row of items or places: count, share of the total, change since the period before. */
import { change as changeOf, count, share } from '../text/numbers.ts';
import type { PeriodCounts } from '../model/rows.ts';
import { ChangeText } from './ChangeText.tsx';
import { Digits } from '../elements/Digits.tsx';

interface Props {
  readonly row: { readonly count: number; readonly compared: PeriodCounts };
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

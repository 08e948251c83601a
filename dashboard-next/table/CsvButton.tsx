/** A button that saves a table as a CSV file: all rows, also those that are not on the screen. */
import type { CsvCell } from '../model/csv.ts';
import { csvOf } from '../model/csv.ts';
import { Icon } from '../elements/Icon.tsx';

interface Props {
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: () => readonly (readonly CsvCell[])[];
}

export function CsvButton({ name, head, rows }: Props) {
  const save = (): void => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['\ufeff', csvOf(head, rows())], { type: 'text/csv;charset=utf-8' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  return (
    <button type="button" className="ghost sm csv" onClick={save}>
      <Icon name="download" />
      CSV
    </button>
  );
}

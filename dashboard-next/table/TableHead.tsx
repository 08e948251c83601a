/** The head of a table: a column each, with the class that its cells carry too. */
import type { ReactNode } from 'react';

export interface Column {
  readonly title?: ReactNode;
  readonly className?: string;
  /** The name of a column that has no title. */
  readonly label?: string;
  readonly sort?: 'ascending' | 'descending' | undefined;
}

export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ title, className, label, sort }, place) => (
          <th key={place} scope="col" className={className} aria-label={label} aria-sort={sort}>
            {title}
          </th>
        ))}
      </tr>
    </thead>
  );
}

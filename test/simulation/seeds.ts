/** Seeds that found something once. */
export const KEPT_SEEDS: readonly { readonly seed: number; readonly records: number; readonly because: string }[] = [
  { seed: 26, records: 250, because: 'a worker that takes one record at a time comes to the end' },
];

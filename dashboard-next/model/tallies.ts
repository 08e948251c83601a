/** What a record of the log can become (law L7), in one order everywhere; the six add up to the records. */
export const TALLY_NAMES = [
  { name: 'new', word: 'new', meaning: 'met for the first time and counted' },
  { name: 'copies', word: 'copies', meaning: 'of a detection that was counted already' },
  { name: 'strays', word: 'strays', meaning: 'found outside their partition and sent home' },
  { name: 'deferred', word: 'deferred', meaning: 'too old for the speed layer, left to the batch layer' },
  { name: 'dead_letters', word: 'dead letters', meaning: 'could not be detections; kept byte for byte' },
  { name: 'ticks', word: 'ticks', meaning: 'of the batch layer, to end an epoch of a quiet partition' },
] as const;

export type TallyName = (typeof TALLY_NAMES)[number]['name'];

export interface TallyRow {
  readonly name: TallyName;
  readonly word: string;
  readonly meaning: string;
  readonly count: number;
}

export function tallyRows(tallies: Record<TallyName, number>): TallyRow[] {
  return TALLY_NAMES.map((one) => ({ ...one, count: tallies[one.name] }));
}

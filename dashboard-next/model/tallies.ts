/** The six outcomes of a record of the log, in one order everywhere; they add up to the records. */
const TALLY_NAMES = [
  { name: 'new', word: 'new', meaning: 'seen for the first time and counted' },
  { name: 'copies', word: 'copies', meaning: 'of a detection that is counted already' },
  { name: 'strays', word: 'strays', meaning: 'in the wrong partition, sent to the right one' },
  { name: 'deferred', word: 'deferred', meaning: 'too old for the speed layer, left to the batch layer' },
  { name: 'dead_letters', word: 'dead letters', meaning: 'cannot be detections; kept byte for byte' },
  { name: 'ticks', word: 'ticks', meaning: 'sent by the batch layer to end an epoch in a quiet partition' },
] as const;

type TallyName = (typeof TALLY_NAMES)[number]['name'];

export interface TallyRow {
  readonly name: TallyName;
  readonly word: string;
  readonly meaning: string;
  readonly count: number;
}

export function tallyRows(tallies: Record<TallyName, number>): TallyRow[] {
  return TALLY_NAMES.map((one) => ({ ...one, count: tallies[one.name] }));
}

/** Seeds that tell a rule's absence: each fails when the rule that it names is taken away (docs/decisions/0008-batches.md). */
export const KEPT_SEEDS: readonly { readonly seed: number; readonly records: number; readonly because: string }[] = [
  { seed: 55, records: 250, because: 'a worker that slept for longer than W ends instead of counting a copy' },
  { seed: 17, records: 250, because: 'a batch that reaches over more than W is cut, so a crash in it leaves nothing that misleads' },
];

/**
 * Makes a failing seed smaller while it still fails: fewer records, then without one kind of fault after the other,
 * then fewer of what is left. Every kind of fault draws from a stream of its own, so leaving one out changes nothing
 * that the others do.
 */
import type { Fault, FaultPlan } from './faults.ts';
import { FAULTS } from './faults.ts';
import { simulate } from './simulate.ts';

export interface Failing extends FaultPlan {
  readonly seed: number;
  readonly records: number;
}

export async function shrink(found: Failing): Promise<Failing & { readonly because: string }> {
  let smallest = found;
  let because = (await failureOf(found)) ?? 'it does not fail';
  const accept = async (candidate: Failing): Promise<boolean> => {
    const failure = await failureOf(candidate);
    if (failure === null) return false;
    smallest = candidate;
    because = failure;
    return true;
  };
  const fewer = async (): Promise<void> => {
    for (let step = Math.ceil(smallest.records / 2); step >= 1; step = Math.floor(step / 2)) {
      while (smallest.records > step && (await accept({ ...smallest, records: smallest.records - step })));
    }
  };
  await fewer();
  for (const fault of FAULTS) {
    if (!smallest.without.includes(fault)) await accept({ ...smallest, without: [...smallest.without, fault] });
  }
  let most = Math.min(smallest.most, 64);
  while (most >= 0 && (await accept({ ...smallest, most }))) most = most > 8 ? Math.floor(most / 2) : most - 1;
  await fewer();
  return { ...smallest, because };
}

async function failureOf({
  seed,
  records,
  without,
  most,
}: {
  seed: number;
  records: number;
  without: readonly Fault[];
  most: number;
}): Promise<string | null> {
  try {
    await simulate(seed, records, { without, most });
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message.slice(0, 300) : String(thrown);
  }
}

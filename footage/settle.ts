/**
 * From Flume's deliveries to settled files: each file once, under its own name, byte for byte.
 *
 * Flume delivers at least once and leaves `.tmp` files after a kill. So each arrival is read and its hash compared with
 * the one in its name; then one rename, which never overwrites, moves it to its folder. Readers see only what is
 * settled. Any number of these may run at once and be killed at any point: whoever renames second finds the file
 * settled. What cannot be what its name says is set aside with a reason, never removed.
 *
 *   arrival                                  fate
 *   what an erase order covers               erased: removed (erase-orders.ts), once it is closed or old
 *   closed, hash right, not settled yet      settled: renamed
 *   closed, settled already                  copy: removed (the settled one was read when it came)
 *   closed, hash wrong                       rejected: `changed`
 *   closed, a name that is not ours          rejected: `unknown_name`
 *   kept by HDFS for a dead writer           left alone; the others go on; without a length it is open
 *   open (.tmp), younger than openForMs      left alone: Flume may be writing
 *   open, older, settled already             copy: removed
 *   open, older, whole by its hash           recovered: written again from what HDFS has, settled, and removed
 *   open, older, cut short                   waits for Flume to deliver it again; rejected as `torn` after tornAfterMs
 *
 * An open file is written again because HDFS keeps it for its dead writer: an append by somebody else takes over one
 * file of that writer a minute, and the others after twenty.
 */
import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { ARRIVING, parseArrival, REJECTED, settledFile, travelName } from '../core/layout/footage.ts';
import type { Footage } from '../core/layout/footage.ts';
import { sha256Of } from '../core/process/file-hash.ts';
import { inLanes } from '../core/process/lanes.ts';
import { HeldByWriter } from '../core/stores/hdfs/faults.ts';
import type { FileFacts, Hdfs } from '../core/stores/hdfs/types.ts';
import { eraseOrders } from './erase-orders.ts';
import type { IsErased } from './erase-orders.ts';
import type { Waiting } from './waiting.ts';

export interface SettleRules {
  /** How old a `.tmp` may be before its Flume is taken for dead. */
  readonly openForMs: number;
  /** How long a file that was cut short waits for Flume to deliver it again. */
  readonly tornAfterMs: number;
}

export const SETTLE_RULES: SettleRules = { openForMs: 90_000, tornAfterMs: 3_600_000 };

export const setAsideReasons = ['changed', 'torn', 'unknown_name'] as const;
export type SetAsideReason = (typeof setAsideReasons)[number];

export interface Settled {
  settled: number;
  /** Of what was settled. */
  bytes: number;
  copies: number;
  /** Of what was settled: files that a killed Flume had left open. */
  recovered: number;
  rejected: number;
  /** Removed because an erase order covers them. */
  erased: number;
  /** Open files, and files cut short that may still be delivered again. */
  waiting: number;
}

/** Who wants to hear what a pass finds and does: metrics. */
export interface SettleWatch {
  /** Before the pass: what Flume has finished, and what it may still be writing. */
  readonly onArrivals?: (arrivals: { readonly closed: Waiting; readonly open: Waiting }) => void;
  readonly onSettled?: (footage: Footage) => void;
  readonly onSetAside?: (reason: SetAsideReason) => void;
}

export interface SettleOptions {
  readonly watch?: SettleWatch;
  /** Reads the erase orders; a service keeps one, which remembers them. */
  readonly readOrders?: () => Promise<IsErased>;
}

const LANES = 8;

/** One pass over what has arrived. Resolves with what was done; throws a Retryable while HDFS is away. */
export async function settle(
  hdfs: Hdfs,
  now: () => number,
  rules: SettleRules = SETTLE_RULES,
  { watch = {}, readOrders = eraseOrders(hdfs) }: SettleOptions = {},
): Promise<Settled> {
  const done: Settled = { settled: 0, bytes: 0, copies: 0, recovered: 0, rejected: 0, erased: 0, waiting: 0 };
  const arrivals = (await hdfs.list(ARRIVING)).filter(({ isFolder }) => !isFolder);
  watch.onArrivals?.({ closed: waitingOf(arrivals, false), open: waitingOf(arrivals, true) });
  // After the list: an order that is not read here is written after it, and its command then finds these files.
  const isErased = arrivals.length === 0 ? () => false : await readOrders();
  await inLanes(LANES, arrivals, async (arrival) => {
    const ageMs = now() - arrival.modifiedAtMs;
    const fate = await settleOne(hdfs, arrival, ageMs, { ...rules, isErased }).catch((fault: unknown) =>
      laterPass(hdfs, arrival, fault),
    );
    done[fate.is] += 1;
    if (fate.is === 'rejected') watch.onSetAside?.(fate.reason);
    if (fate.is !== 'settled') return;
    watch.onSettled?.(fate.footage);
    done.bytes += fate.bytes;
    if (fate.isRecovered) done.recovered += 1;
  });
  return done;
}

function waitingOf(arrivals: readonly FileFacts[], isOpen: boolean): Waiting {
  const these = arrivals.filter(({ path }) => path.endsWith('.tmp') === isOpen);
  const oldestAtMs = these.reduce((least, { modifiedAtMs }) => Math.min(least, modifiedAtMs), Infinity);
  return { files: these.length, oldestAtMs: these.length === 0 ? null : oldestAtMs };
}

type Fate =
  | { readonly is: 'settled'; readonly footage: Footage; readonly bytes: number; readonly isRecovered: boolean }
  | { readonly is: 'rejected'; readonly reason: SetAsideReason }
  | { readonly is: 'copies' | 'erased' | 'waiting' };

type Rules = SettleRules & { readonly isErased: IsErased };

async function settleOne(hdfs: Hdfs, arrival: FileFacts, ageMs: number, rules: Rules): Promise<Fate> {
  const parsed = parseArrival(posix.basename(arrival.path));
  if (parsed === null) return setAside(hdfs, arrival, 'unknown_name');
  const { footage } = parsed;
  // No footage is empty: HDFS tells no length of a file that it keeps for a dead writer.
  const isOpen = parsed.isOpen || arrival.bytes === 0;
  if (isOpen && ageMs < rules.openForMs) return { is: 'waiting' };
  if (rules.isErased(footage)) return remove(hdfs, arrival, 'erased');
  const isSettled = async (): Promise<boolean> => (await hdfs.facts(settledFile(footage))) !== null;
  if (isOpen) {
    if (await isSettled()) return remove(hdfs, arrival, 'copies');
    return settleOpen(hdfs, arrival, footage, ageMs >= rules.tornAfterMs);
  }
  // Copies are few: one read and one rename a file, and a question only of what cannot be renamed.
  const isIntact = (await hdfs.sha256(arrival.path, arrival.bytes)) === footage.sha256;
  if (isIntact && (await hdfs.rename(arrival.path, settledFile(footage))))
    return { is: 'settled', footage, bytes: arrival.bytes, isRecovered: false };
  if (await isSettled()) return remove(hdfs, arrival, 'copies');
  return isIntact ? { is: 'waiting' } : setAside(hdfs, arrival, 'changed');
}

async function settleOpen(hdfs: Hdfs, arrival: FileFacts, footage: Footage, isLate: boolean): Promise<Fate> {
  const local = join(tmpdir(), `sightline-footage-${randomUUID()}`);
  try {
    await hdfs.salvage(arrival.path, local);
    if ((await sha256Of(local)) !== footage.sha256) {
      return isLate ? setAside(hdfs, arrival, 'torn') : { is: 'waiting' };
    }
    const again = `${ARRIVING}/${travelName(footage)}.${Date.now()}.tmp`;
    await hdfs.upload(local, again);
    if (!(await hdfs.rename(again, settledFile(footage)))) await hdfs.remove(again);
    await hdfs.remove(arrival.path);
    return { is: 'settled', footage, bytes: (await stat(local)).size, isRecovered: true };
  } finally {
    await rm(local, { force: true });
  }
}

/**
 * Flume renames what it has finished, and another settling may be quicker: the next pass sees what became of it. A file
 * that HDFS keeps for a dead writer holds up no other one; Flume delivers it again, or HDFS closes it within the hour.
 */
async function laterPass(hdfs: Hdfs, arrival: FileFacts, fault: unknown): Promise<Fate> {
  if (fault instanceof HeldByWriter) return { is: 'waiting' };
  if ((await hdfs.facts(arrival.path)) !== null) throw fault;
  return { is: 'waiting' };
}

async function remove(hdfs: Hdfs, arrival: FileFacts, is: 'copies' | 'erased'): Promise<Fate> {
  await hdfs.remove(arrival.path);
  return { is };
}

/** The reason first: a file that was set aside is never without one. */
async function setAside(hdfs: Hdfs, arrival: FileFacts, reason: SetAsideReason): Promise<Fate> {
  const kept = `${REJECTED}/${posix.basename(arrival.path)}`;
  const note = { at: new Date().toISOString(), name: posix.basename(arrival.path), bytes: arrival.bytes, reason };
  await hdfs.write(`${kept}.json`, Buffer.from(`${JSON.stringify(note)}\n`));
  await hdfs.rename(arrival.path, kept);
  return { is: 'rejected', reason };
}

export interface SetAside {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly name: string;
  readonly bytes: number;
  readonly reason: SetAsideReason;
}

/** What was set aside, in order of its names. */
export async function listSetAside(hdfs: Hdfs): Promise<SetAside[]> {
  const notes = (await hdfs.list(REJECTED)).filter(({ path }) => path.endsWith('.json'));
  const texts = await Promise.all(notes.map(({ path }) => hdfs.read(path)));
  return texts.map((text) => JSON.parse(text.toString()) as SetAside);
}

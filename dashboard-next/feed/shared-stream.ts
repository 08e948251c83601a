/**
 * One stream for all tabs of a browser: one of them leads, asks the questions of all in one stream, and tells the
 * others what it hears.
 *
 * HTTP/1.1 gives a browser six connections to a host, and a stream holds one. push.ts asks here; the browser's own
 * stream (event-stream.ts) and the channel between tabs (tab-channel.ts) are handed in. Every tab says every two
 * seconds what it wants, so each of them can lead. A tab leads when it hears no leader; of two, the one with the lesser
 * id goes on. A leader that closes or is hidden says so; one that freezes falls silent, and another takes over while
 * its viewers ask for themselves. Answers are whole states with the moment that they stand on, so nothing is missed or
 * counted twice on the way; an older one than was told is dropped. A stream is its reader's: when another one signs in,
 * the newer page says so, and the stream that was opened before ends.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { HeardMany, OpenMany, SetTimer } from './event-stream.ts';
import type { Reader } from '../model/page.ts';
import type { LedStream } from './leader-stream.ts';
import type { Heard, OpenStream } from './push.ts';
import { MOST_STREAMED } from '../../serving/stream/question.ts';
import { ledStream } from './leader-stream.ts';

export type TabMessage = { readonly from: string; readonly reader: Reader } & (
  | { readonly type: 'want'; readonly questions: readonly string[] }
  | { readonly type: 'lead' }
  | { readonly type: 'resign' }
  | { readonly type: 'answer'; readonly question: string; readonly answer: TopItemsAnswer }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'trouble'; readonly question: string | null }
);
type Said<Message = TabMessage> = Message extends TabMessage ? Omit<Message, 'from' | 'reader'> : never;

export interface SharedWorld {
  readonly id: string;
  readonly reader: Reader;
  readonly open: OpenMany;
  /** Joins the channel; gives what speaks to all other tabs. */
  readonly join: (hear: (message: TabMessage) => void) => (message: TabMessage) => void;
  readonly setTimer: SetTimer;
  readonly now: () => number;
  readonly random: () => number;
}

export interface SharedStream {
  readonly open: OpenStream;
  /** Of a page that is hidden from view or left. */
  rest(): void;
  /** Of one that comes back. */
  wake(): void;
}

const BEAT_MS = 2_000;
const SILENT_AFTER_MS = 5_000;
const GONE_AFTER_MS = 7_000;
/** How long a tab listens for a leader before it leads. */
const LISTENS_MS = 100;
const JITTER_MS = 300;
/** A page that leads to another one is back by then. */
const LINGERS_MS = 1_000;

export function sharedStream(world: SharedWorld): SharedStream {
  const tab = new Tab(world);
  return { open: tab.open, rest: tab.rest, wake: tab.wake };
}

/** A tab's part in it. */
class Tab {
  private readonly world: SharedWorld;
  private readonly post: (message: TabMessage) => void;
  private reader: Reader;
  private readonly mine = new Map<string, Set<Heard>>();
  private readonly others = new Map<string, { readonly questions: readonly string[]; readonly at: number }>();
  private readonly told = new Map<string, { readonly answer: TopItemsAnswer; readonly at: number }>();
  private leader: { readonly id: string; readonly at: number } | null = null;
  private stream: LedStream | null = null;
  private isResting = false;
  private isBeating = false;
  private cancelClaim: () => void = () => undefined;

  constructor(world: SharedWorld) {
    this.world = world;
    this.reader = world.reader;
    this.post = world.join((message) => {
      if (message.from !== world.id && this.isOfReader(message)) this.hear(message);
    });
  }

  readonly open: OpenStream = (question, heard) => {
    const all = this.mine.get(question) ?? new Set();
    this.mine.set(question, all.add(heard));
    const last = this.lately(question);
    if (last) heard.topItems(last);
    this.want();
    if (this.stream) this.refresh();
    else if (!this.hasLeader()) this.claimSoon(LISTENS_MS);
    if (!this.isBeating) this.beatLater();
    return () => {
      all.delete(heard);
      if (all.size > 0 || this.mine.get(question) !== all) return;
      this.mine.delete(question);
      this.want();
      if (this.mine.size === 0) this.world.setTimer(() => void (this.mine.size === 0 && this.resign()), LINGERS_MS);
    };
  };

  readonly rest = (): void => {
    this.isResting = true;
    this.cancelClaim();
    this.resign();
    this.say({ type: 'want', questions: [] });
  };

  readonly wake = (): void => {
    if (!this.isResting) return;
    this.isResting = false;
    if (this.mine.size === 0) return;
    this.want();
    this.claimSoon(LISTENS_MS);
  };

  private say(message: Said): void {
    this.post({ ...message, from: this.world.id, reader: this.reader } as TabMessage);
  }

  private want(): void {
    this.say({ type: 'want', questions: [...this.mine.keys()] });
  }

  private hasLeader(): boolean {
    return this.leader !== null && this.world.now() - this.leader.at < SILENT_AFTER_MS;
  }

  /** What was told of a question and still stands. */
  private lately(question: string): TopItemsAnswer | null {
    const last = this.told.get(question);
    return last && this.world.now() - last.at < SILENT_AFTER_MS ? last.answer : null;
  }

  /** To this tab's own pages. */
  private readonly tell: HeardMany = {
    answer: (question, answer) => {
      const before = this.lately(question);
      if (before && !isNews(answer, before)) return;
      this.told.set(question, { answer, at: this.world.now() });
      for (const heard of this.mine.get(question) ?? []) heard.topItems(answer);
    },
    view: (view) => {
      for (const all of this.mine.values()) for (const heard of all) heard.view(view);
    },
    trouble: (question) => {
      const troubled = question === null ? [...this.mine.values()] : [this.mine.get(question) ?? []];
      for (const all of troubled) for (const heard of all) heard.trouble();
    },
  };

  /** What the leader hears is for itself and for all. */
  private readonly pass: HeardMany = {
    answer: (question, answer) => {
      this.tell.answer(question, answer);
      this.say({ type: 'answer', question, answer });
    },
    view: (view) => {
      this.tell.view(view);
      this.say({ type: 'view', view });
    },
    trouble: (question) => {
      this.tell.trouble(question);
      this.say({ type: 'trouble', question });
    },
  };

  /** Serving takes MOST_STREAMED in one stream; whoever asks for more does so without it. */
  private refresh(): void {
    const wanted = [
      ...new Set([...this.mine.keys(), ...[...this.others.values()].flatMap(({ questions }) => questions)]),
    ];
    this.stream?.ask(wanted.slice(0, MOST_STREAMED));
    for (const question of wanted.slice(MOST_STREAMED)) this.pass.trouble(question);
  }

  private claimSoon(ms: number): void {
    this.cancelClaim();
    this.cancelClaim = this.world.setTimer(() => this.lead(), ms + this.world.random() * JITTER_MS);
  }

  private lead(): void {
    if (this.stream || this.isResting || this.mine.size === 0 || this.hasLeader()) return;
    this.leader = null;
    this.stream = ledStream(this.world, this.pass);
    this.say({ type: 'lead' });
    this.refresh();
  }

  private stopLeading(): void {
    this.stream?.close();
    this.stream = null;
  }

  private resign(): void {
    if (!this.stream) return;
    this.stopLeading();
    this.say({ type: 'resign' });
  }

  private beatLater(): void {
    this.isBeating = this.mine.size > 0 || this.stream !== null;
    if (this.isBeating) this.world.setTimer(() => this.beat(), BEAT_MS);
  }

  private beat(): void {
    this.beatLater();
    for (const [tab, { at }] of this.others) if (this.world.now() - at > GONE_AFTER_MS) this.others.delete(tab);
    if (this.stream) {
      this.say({ type: 'lead' });
      return this.refresh();
    }
    if (this.mine.size === 0 || this.isResting) return;
    this.want();
    if (this.hasLeader()) return;
    if (this.leader) this.tell.trouble(null);
    this.claimSoon(0);
  }

  /** False for what another reader's page says: the newer page of the two is right about who reads. */
  private isOfReader(message: TabMessage): boolean {
    if (message.reader.mark === this.reader.mark) return true;
    if (message.reader.since <= this.reader.since) {
      if (message.type !== 'answer' && message.type !== 'view') this.want();
      return false;
    }
    this.reader = message.reader;
    this.leader = null;
    this.others.clear();
    this.told.clear();
    this.stopLeading();
    this.tell.trouble(null);
    if (this.mine.size > 0) this.claimSoon(LISTENS_MS);
    return true;
  }

  private hear(message: TabMessage): void {
    switch (message.type) {
      case 'want':
        return this.hearWant(message.from, message.questions);
      case 'lead':
        return this.hearLead(message.from);
      case 'resign':
        if (this.leader?.id === message.from) this.leader = null;
        return this.mine.size > 0 ? this.claimSoon(0) : undefined;
      case 'answer':
        return this.tell.answer(message.question, message.answer);
      case 'view':
        return this.tell.view(message.view);
      case 'trouble':
        return this.tell.trouble(message.question);
    }
  }

  private hearLead(from: string): void {
    if (this.stream && this.world.id < from) return this.say({ type: 'lead' });
    this.leader = { id: from, at: this.world.now() };
    if (!this.stream) return;
    this.stopLeading();
    this.want();
  }

  private hearWant(from: string, questions: readonly string[]): void {
    const before = this.others.get(from)?.questions ?? [];
    // A new tab hears at once that there is a leader, and does not lead itself.
    if (this.stream && before.length === 0) this.say({ type: 'lead' });
    if (questions.length === 0) this.others.delete(from);
    else this.others.set(from, { questions, at: this.world.now() });
    if (!this.stream) return;
    this.refresh();
    for (const question of questions.filter((one) => !before.includes(one))) {
      const last = this.lately(question);
      if (last) this.say({ type: 'answer', question, answer: last });
    }
  }
}

/** Whether it is not what was told before, nor of an earlier moment. */
function isNews(answer: TopItemsAnswer, before: TopItemsAnswer): boolean {
  const asOf = answer.view.speed_as_of - before.view.speed_as_of;
  return (
    asOf > 0 ||
    (asOf === 0 &&
      [answer.to !== before.to, answer.total !== before.total, answer.view.horizon !== before.view.horizon].includes(
        true,
      ))
  );
}

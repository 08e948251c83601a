/**
 * One stream for all tabs of a browser: one tab leads, asks the questions of all tabs in one stream, and passes the
 * events on.
 *
 * HTTP/1.1 allows a browser six connections to a host, and a stream takes one. push.ts subscribes here; event-stream.ts
 * is the browser's own stream and tab-channel.ts the channel between tabs. Every tab sends its questions every two
 * seconds, so each tab can lead. A tab leads if it hears no leader; of two leaders the one with the smaller id
 * continues. A leader that closes or is hidden resigns. If a leader freezes, the other tabs notice its silence: they
 * ask for themselves until one of them leads. Answers are whole states with their `speed_as_of`, so nothing is lost or
 * counted twice, and an older one than the last is dropped. A stream belongs to one reader: when somebody else signs
 * in, the newer page says so and the old stream ends.
 */
import type { TopItemsAnswer, View } from '../../serving/answers.ts';
import type { MultiListener, OpenMany, SetTimer } from './event-stream.ts';
import type { Reader } from '../model/page.ts';
import type { LeaderStream } from './leader-stream.ts';
import type { Listener, OpenStream } from './push.ts';
import { MOST_STREAMED } from '../../serving/stream/question.ts';
import { leaderStream } from './leader-stream.ts';

export type TabMessage = { readonly from: string; readonly reader: Reader } & (
  | { readonly type: 'want'; readonly questions: readonly string[] }
  | { readonly type: 'lead' }
  | { readonly type: 'resign' }
  | { readonly type: 'answer'; readonly question: string; readonly answer: TopItemsAnswer }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'trouble'; readonly question: string | null }
);
type OwnMessage<Message = TabMessage> = Message extends TabMessage ? Omit<Message, 'from' | 'reader'> : never;

interface SharedWorld {
  readonly id: string;
  readonly reader: Reader;
  readonly open: OpenMany;
  /** Joins the channel; returns a function that sends to all other tabs. */
  readonly join: (hear: (message: TabMessage) => void) => (message: TabMessage) => void;
  readonly setTimer: SetTimer;
  readonly now: () => number;
  readonly random: () => number;
}

export interface SharedStream {
  readonly open: OpenStream;
  /** The viewer hides or leaves the page. */
  rest(): void;
  /** The viewer comes back to it. */
  wake(): void;
}

const BEAT_MS = 2_000;
const SILENT_AFTER_MS = 5_000;
const GONE_AFTER_MS = 7_000;
/** How long a tab waits for a leader before it leads. */
const LISTENS_MS = 100;
const JITTER_MS = 300;
/** Time for a tab to open its next page and subscribe again. */
const LINGERS_MS = 1_000;

export function sharedStream(world: SharedWorld): SharedStream {
  const tab = new Tab(world);
  return { open: tab.open, rest: tab.rest, wake: tab.wake };
}

/** One tab. */
class Tab {
  private readonly world: SharedWorld;
  private readonly post: (message: TabMessage) => void;
  private reader: Reader;
  private readonly own = new Map<string, Set<Listener>>();
  private readonly others = new Map<string, { readonly questions: readonly string[]; readonly at: number }>();
  private readonly newest = new Map<string, { readonly answer: TopItemsAnswer; readonly at: number }>();
  private leader: { readonly id: string; readonly at: number } | null = null;
  private stream: LeaderStream | null = null;
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

  readonly open: OpenStream = (question, listener) => {
    const all = this.own.get(question) ?? new Set();
    this.own.set(question, all.add(listener));
    const last = this.recent(question);
    if (last) listener.topItems(last);
    this.want();
    if (this.stream) this.refresh();
    else if (!this.hasLeader()) this.claimSoon(LISTENS_MS);
    if (!this.isBeating) this.beatLater();
    return () => {
      all.delete(listener);
      if (all.size > 0 || this.own.get(question) !== all) return;
      this.own.delete(question);
      this.want();
      if (this.own.size === 0) this.world.setTimer(() => void (this.own.size === 0 && this.resign()), LINGERS_MS);
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
    if (this.own.size === 0) return;
    this.want();
    this.claimSoon(LISTENS_MS);
  };

  private say(message: OwnMessage): void {
    this.post({ ...message, from: this.world.id, reader: this.reader } as TabMessage);
  }

  private want(): void {
    this.say({ type: 'want', questions: [...this.own.keys()] });
  }

  private hasLeader(): boolean {
    return this.leader !== null && this.world.now() - this.leader.at < SILENT_AFTER_MS;
  }

  /** The last answer to a question, if it is recent. */
  private recent(question: string): TopItemsAnswer | null {
    const last = this.newest.get(question);
    return last && this.world.now() - last.at < SILENT_AFTER_MS ? last.answer : null;
  }

  /** Delivers to the listeners of this tab. */
  private readonly deliver: MultiListener = {
    answer: (question, answer) => {
      const before = this.recent(question);
      if (before && !isNews(answer, before)) return;
      this.newest.set(question, { answer, at: this.world.now() });
      for (const listener of this.own.get(question) ?? []) listener.topItems(answer);
    },
    view: (view) => {
      for (const all of this.own.values()) for (const listener of all) listener.view(view);
    },
    trouble: (question) => {
      const troubled = question === null ? [...this.own.values()] : [this.own.get(question) ?? []];
      for (const all of troubled) for (const listener of all) listener.trouble();
    },
  };

  /** Delivers what the leader hears to its own listeners and to all tabs. */
  private readonly pass: MultiListener = {
    answer: (question, answer) => {
      this.deliver.answer(question, answer);
      this.say({ type: 'answer', question, answer });
    },
    view: (view) => {
      this.deliver.view(view);
      this.say({ type: 'view', view });
    },
    trouble: (question) => {
      this.deliver.trouble(question);
      this.say({ type: 'trouble', question });
    },
  };

  /** Serving takes MOST_STREAMED questions in one stream; further questions are asked without a stream. */
  private refresh(): void {
    const wanted = [
      ...new Set([...this.own.keys(), ...[...this.others.values()].flatMap(({ questions }) => questions)]),
    ];
    this.stream?.ask(wanted.slice(0, MOST_STREAMED));
    for (const question of wanted.slice(MOST_STREAMED)) this.pass.trouble(question);
  }

  private claimSoon(ms: number): void {
    this.cancelClaim();
    this.cancelClaim = this.world.setTimer(() => this.lead(), ms + this.world.random() * JITTER_MS);
  }

  private lead(): void {
    if (this.stream || this.isResting || this.own.size === 0 || this.hasLeader()) return;
    this.leader = null;
    this.stream = leaderStream(this.world, this.pass);
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
    this.isBeating = this.own.size > 0 || this.stream !== null;
    if (this.isBeating) this.world.setTimer(() => this.beat(), BEAT_MS);
  }

  private beat(): void {
    this.beatLater();
    for (const [tab, { at }] of this.others) if (this.world.now() - at > GONE_AFTER_MS) this.others.delete(tab);
    if (this.stream) {
      this.say({ type: 'lead' });
      return this.refresh();
    }
    if (this.own.size === 0 || this.isResting) return;
    this.want();
    if (this.hasLeader()) return;
    if (this.leader) this.deliver.trouble(null);
    this.claimSoon(0);
  }

  /** False if the message comes from a page of another reader that is older than this one. A newer page is right. */
  private isOfReader(message: TabMessage): boolean {
    if (message.reader.mark === this.reader.mark) return true;
    if (message.reader.since <= this.reader.since) {
      if (message.type !== 'answer' && message.type !== 'view') this.want();
      return false;
    }
    this.reader = message.reader;
    this.leader = null;
    this.others.clear();
    this.newest.clear();
    this.stopLeading();
    this.deliver.trouble(null);
    if (this.own.size > 0) this.claimSoon(LISTENS_MS);
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
        return this.own.size > 0 ? this.claimSoon(0) : undefined;
      case 'answer':
        return this.deliver.answer(message.question, message.answer);
      case 'view':
        return this.deliver.view(message.view);
      case 'trouble':
        return this.deliver.trouble(message.question);
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
    // A new tab must know at once that there is a leader.
    if (this.stream && before.length === 0) this.say({ type: 'lead' });
    if (questions.length === 0) this.others.delete(from);
    else this.others.set(from, { questions, at: this.world.now() });
    if (!this.stream) return;
    this.refresh();
    for (const question of questions.filter((one) => !before.includes(one))) {
      const last = this.recent(question);
      if (last) this.say({ type: 'answer', question, answer: last });
    }
  }
}

/** Whether the answer differs from the one before and is not older. */
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

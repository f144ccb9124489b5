import type { Signal } from "../../engine/signal.ts";
import type {
  Commit,
  CommitResult,
  Episode,
  LaneClaim,
  LaneName,
  Notification,
  StateWrite,
  Store,
} from "../../engine/store.ts";

/** What the laws of the port are tried on. The data may hold other things already: each law uses names of its own. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Another member on the same data; the same store where there can be only one. */
  readonly another: Store;
  /** Breaks every connection, as a restart of the server does. */
  disturb?(): Promise<void>;
  end(): Promise<void>;
}

let names = 0;

export function freshName(prefix: string): string {
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${++names}`;
}

export function laneName(given: Partial<LaneName> = {}): LaneName {
  return { run: freshName("run"), monitor: freshName("monitor"), topic: "events", partition: 0, ...given };
}

/** A lane with its owner: remembers the position, so that laws say only what is new. */
export interface Owner {
  readonly name: LaneName;
  readonly claim: LaneClaim;
  at: number | null;
  commit(what: Partial<Commit>): Promise<CommitResult>;
}

export async function ownLane(store: Store, given: Partial<LaneName> = {}): Promise<Owner> {
  const name = laneName(given);
  const claim = await store.claim(name, null);
  const owner: Owner = {
    name,
    claim,
    at: claim.nextOffset,
    async commit(what) {
      const commit: Commit = {
        lane: claim.lane,
        epoch: claim.epoch,
        fromOffset: owner.at,
        nextOffset: (owner.at ?? 0) + 1,
        cursor: null,
        states: [],
        signals: [],
        episodes: [],
        notifications: [],
        deadLetters: [],
        series: [],
        commands: [],
        ...what,
      };
      const result = await store.commit(commit);
      if (result.kind === "committed") owner.at = commit.nextOffset;
      return result;
    },
  };
  return owner;
}

export function stateWrite(key: string, text: string, given: Partial<StateWrite> = {}): StateWrite {
  return {
    key,
    blob: Buffer.from(text),
    parts: [],
    newParts: [],
    dropParts: [],
    events: 1,
    status: "steady",
    ratio: 0.5,
    time: null,
    ...given,
  };
}

export function signalOf(monitor: string, given: Partial<Signal> = {}): Signal {
  return {
    id: freshName("sig"),
    monitor,
    detector: "numeric",
    key: "k",
    kind: "drift",
    severity: "critical",
    index: 1,
    time: "2024-05-01T10:00:00.000Z",
    position: { topic: "events", partition: 0, offset: "9007199254740993" },
    onset: { index: 1, low: 0, high: 2 },
    statistic: 9.7,
    threshold: 9.21,
    score: 1.05,
    summary: "It moved.",
    explanation: { terms: ["a", "b"] },
    version: 1,
    ...given,
  };
}

export function episodeOf(monitor: string, given: Partial<Episode> = {}): Episode {
  return {
    id: freshName("epi"),
    monitor,
    detector: "numeric",
    key: "k",
    kind: "drift",
    severity: "critical",
    state: "open",
    opened: { index: 1, time: null, position: { topic: "events", partition: 0, offset: "1" } },
    closed: null,
    onset: null,
    summary: "It moved.",
    explanation: {},
    signals: 1,
    ...given,
  };
}

export function notificationOf(channel: string, given: Partial<Notification> = {}): Notification {
  return {
    id: freshName("ntf"),
    episode: null,
    signal: "sig",
    channel,
    phase: "opened",
    about: { monitor: "m\0", detector: "numeric", key: "k", kind: "drift", severity: "critical" },
    body: '{"a":1}',
    ...given,
  };
}

export async function textOf(store: Store, owner: Owner, key: string): Promise<string | undefined> {
  const [state] = await store.loadStates(owner.claim.lane, [key]);
  return state === undefined ? undefined : Buffer.from(state.blob).toString();
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningService, startTidegauge } from "../support/service.ts";

/** Members of one service, each in a folder of its own. */
export interface Crew {
  /** Started and not ended, oldest first. */
  readonly members: RunningService[];
  /** All that were ever started. */
  readonly all: readonly RunningService[];
  /** Waits until it listens, or has ended. */
  startMember(): Promise<RunningService>;
  /** Ends a member and waits until it is gone; one that does not go is killed, and that is an error. */
  end(member: RunningService, signal: NodeJS.Signals): Promise<void>;
  /** The end of each member's log. */
  told(): string;
  /** Kills all that are left and waits until they are gone. */
  disband(): Promise<void>;
}

const PATIENCE_MS = 120_000;

export function createCrew(config: string, folder: string): Crew {
  const all: RunningService[] = [];
  const members: RunningService[] = [];
  return {
    members,
    all,
    async startMember() {
      const place = join(folder, `member-${all.length}`);
      mkdirSync(place);
      const member = startTidegauge(config, place);
      all.push(member);
      members.push(member);
      await within(
        member.url.catch(() => undefined),
        member,
        "does not listen",
      );
      return member;
    },
    async end(member, signal) {
      members.splice(members.indexOf(member), 1);
      try {
        await within(member.kill(signal), member, `does not end after ${signal}`);
      } catch (error) {
        await member.kill("SIGKILL");
        throw error;
      }
    },
    async disband() {
      members.length = 0;
      const left = all.filter(({ process }) => process.exitCode === null && process.signalCode === null);
      await Promise.all(left.map((member) => member.kill("SIGKILL")));
    },
    told: () => all.map((m, i) => `member ${i}:\n${m.log().slice(-3000)}`).join("\n"),
  };
}

/** What never comes fails, with the member's log. */
async function within<T>(what: Promise<T>, member: RunningService, failure: string): Promise<T> {
  const patience = new AbortController();
  const over = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).then(() => {
    throw new RangeError(`a member ${failure} within ${PATIENCE_MS} ms\n${member.log().slice(-3000)}`);
  });
  over.catch(() => undefined);
  try {
    return await Promise.race([what, over]);
  } finally {
    patience.abort();
  }
}

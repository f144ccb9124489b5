import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type RunningService, startTidegauge } from "../support/service.ts";

/** Members of one service, each in a folder of its own. */
export interface Crew {
  /** Started and not ended, oldest first. */
  readonly members: RunningService[];
  /** All that were ever started. */
  readonly all: readonly RunningService[];
  startMember(): Promise<RunningService>;
  /** Ends a member and waits until it is gone. */
  end(member: RunningService, signal: NodeJS.Signals): Promise<void>;
  /** The end of each member's log. */
  told(): string;
}

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
      await member.url.catch(() => undefined);
      return member;
    },
    async end(member, signal) {
      members.splice(members.indexOf(member), 1);
      await member.kill(signal);
    },
    told: () => all.map((m, i) => `member ${i}:\n${m.log().slice(-3000)}`).join("\n"),
  };
}

import { TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import type { Intake } from "../../engine/source.ts";
import type { Cluster } from "./port.ts";
import type { Session } from "./session.ts";

const LOOK_MS = 10_000;
const STUCK_LOOKS = 3;
/** A group may take a minute to gather. */
const LOST_LOOKS = 9;

/**
 * After a broker is lost the client may wait for one partition for ever. A partition that has records, nothing in hand
 * and does not move for three looks ends the session, and so does one that was given up for a gathering of the group that
 * does not end; a new consumer goes on. Keeps the lag current meanwhile.
 */
export function watchProgress(session: Session, cluster: Cluster, intake: Intake, log: Log): () => void {
  const seen = new Map<string, { readonly expected: number; readonly looks: number }>();

  const ended = new Map<string, number>();

  async function look(): Promise<void> {
    for (const [name, feed] of session.feeds()) {
      const split = name.lastIndexOf("[");
      const id = { topic: name.slice(0, split), partition: Number(name.slice(split + 1, -1)) };
      const state = feed.state();
      if (state === "ended") {
        const looks = (ended.get(name) ?? 0) + 1;
        ended.set(name, looks);
        if (looks < LOST_LOOKS) continue;
        session.fail(new TidegaugeError("SOURCE_UNAVAILABLE", { source: name, why: "the group does not gather" }));
        return;
      }
      ended.delete(name);
      if (state !== "running" && state !== "fenced") {
        seen.delete(name);
        continue;
      }
      const { high } = await cluster.bounds(id.topic, id.partition);
      const { expected, idle } = feed.progress();
      if (state === "running") intake.highWatermark(id, high);
      const before = seen.get(name);
      // Fenced and still ours: no other member has it (a state was erased under us), and only a new join claims again.
      const waits = state === "fenced" || (idle && high > expected);
      const stuck = waits && before?.expected === expected;
      const looks = stuck ? before.looks + 1 : 0;
      seen.set(name, { expected, looks });
      if (looks < STUCK_LOOKS) continue;
      log.error("a kafka partition does not move", { ...id, nextOffset: expected, highWatermark: high });
      session.fail(
        new TidegaugeError("SOURCE_UNAVAILABLE", { source: name, why: "no records come, though it has some" }),
      );
      return;
    }
  }

  const timer = setInterval(() => {
    look().catch((error: Error) => log.info(`kafka offsets cannot be read: ${error.message}`));
  }, LOOK_MS);
  return () => clearInterval(timer);
}

import { useState } from "preact/hooks";
import type { NotificationDto } from "../../../adapters/http/types.ts";
import { path } from "../data/api.ts";
import { redeliver } from "../data/commands.ts";
import { type Resource, useResource } from "../data/resource.ts";
import { readOnlyReason, session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { formatCount, plural } from "../parts/format.ts";
import { When } from "../parts/when.tsx";
import { Link, monitorPath } from "../router.tsx";

interface Page {
  readonly notifications: readonly NotificationDto[];
}

/** Alerts that no channel took: what they said, why, and a new try. */
export function Undelivered({ tick }: { tick: number }) {
  const { value, reload }: Resource<Page> = useResource(path(["notifications"], { state: "dead", limit: 100 }), tick);
  const [said, say] = useState("");
  const reason = readOnlyReason(useStore(session));
  const dead = value?.notifications ?? [];
  if (dead.length === 0) return null;
  const channels = [...new Set(dead.map(({ channel }) => channel))];
  const again = async (channel: string) => {
    const answer = await redeliver(channel);
    say(
      answer.kind === "ok"
        ? `${plural(answer.value.notifications, "alert")} to ${channel} tried again.`
        : answer.message,
    );
    reload();
  };
  return (
    <section class="panel lanes" aria-labelledby="undelivered-title">
      <h2 id="undelivered-title">Alerts that were given up</h2>
      <p class="undelivered-tools">
        {channels.map((channel) => (
          <button
            key={channel}
            type="button"
            class="button"
            disabled={reason !== null}
            title={reason ?? undefined}
            onClick={() => again(channel)}
          >
            Deliver to {channel} again
          </button>
        ))}
        <span role="status">{said}</span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label="Alerts that were given up">
        <table>
          <thead>
            <tr>
              <th scope="col">Since</th>
              <th scope="col">Channel</th>
              <th scope="col">About</th>
              <th scope="col" class="num">
                Tries
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {dead.map((one) => (
              <tr key={one.id}>
                <td>
                  <When time={one.createdAt} />
                </td>
                <td>{one.channel}</td>
                <td>
                  <About notification={one} />
                </td>
                <td class="num">{formatCount(one.attempts)}</td>
                <td>{one.error}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function About({ notification: { monitor, key, episode, kind, phase } }: { notification: NotificationDto }) {
  if (monitor === null) return <>a test</>;
  const to =
    key === null ? `/alarms?monitor=${encodeURIComponent(monitor)}` : monitorPath(monitor, key, episode ?? undefined);
  return (
    <Link to={to}>
      {monitor}
      {key !== null && `, ${key}`}: {kind} {phase}
    </Link>
  );
}

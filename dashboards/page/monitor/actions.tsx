import { useRef, useState } from "preact/hooks";
import type { CommandsTaken, EpisodeDto } from "../../../adapters/http/types.ts";
import { type Answer, API, path } from "../data/api.ts";
import { acknowledge, falseAlarm, newNormal } from "../data/commands.ts";
import { readOnlyReason, session } from "../data/session.ts";
import { useStore } from "../data/store.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { SignIn } from "../shell/sign-in.tsx";

interface Props {
  episode: EpisodeDto | null;
  monitor: string;
  keyName: string;
  onDone: () => void;
}

/** What a person can do about an alarm; what is not possible stays in sight with the reason. */
export function Actions({ episode, monitor, keyName, onDone }: Props) {
  const known = useStore(session);
  const [said, say] = useState("");
  const [busy, setBusy] = useState(false);
  const reason = readOnlyReason(known);
  const over = episode === null || episode.state === "closed";

  const tell = async (command: () => Promise<Answer<CommandsTaken>>, done: string) => {
    setBusy(true);
    const answer = await command();
    setBusy(false);
    say(answer.kind === "ok" ? done : answer.message);
    onDone();
  };

  return (
    <div class="actions">
      {episode !== null && !over && (
        <>
          {episode.state === "open" && (
            <button
              type="button"
              class="button primary"
              disabled={reason !== null || busy}
              title={reason ?? "You have seen it; it stays marked until it is over"}
              onClick={() =>
                tell(() => acknowledge(episode), "Acknowledged. It takes effect with the next checkpoint.")
              }
            >
              Acknowledge
            </button>
          )}
          <Ask
            word="This is the new normal"
            title="Make this the new normal?"
            text="What arrived recently becomes what “no change” means for this key. The alarm ends, and only further changes are reported."
            confirm="Yes, learn it anew"
            disabled={reason ?? (busy ? "One moment" : null)}
            onConfirm={() =>
              tell(
                () => newNormal(episode),
                "Understood. The recent past becomes the new normal with the next checkpoint.",
              )
            }
          />
          <Ask
            word="False alarm"
            title="Was this a false alarm?"
            text="The alarm ends and what was normal stays normal. Saying why helps those who look later."
            confirm="Mark as false alarm"
            ask="Why (optional)"
            disabled={reason ?? (busy ? "One moment" : null)}
            onConfirm={(note) =>
              tell(
                () => falseAlarm(episode, note),
                "Marked as a false alarm. It takes effect with the next checkpoint.",
              )
            }
          />
        </>
      )}
      <CopyButton word="Copy link" text={() => location.href} />
      <a
        class="button"
        href={`${API}${path(["signals"], { monitor, key: keyName, limit: 1000 })}`}
        download={`${monitor}-signals.json`}
      >
        Download signals
      </a>
      {reason !== null && episode !== null && !over && (
        <p class="quiet small actions-note">
          {reason} {known?.tokenWanted && <SignIn />}
        </p>
      )}
      <p class="actions-note" role="status">
        {said}
      </p>
    </div>
  );
}

interface AskProps {
  word: string;
  title: string;
  text: string;
  confirm: string;
  ask?: string;
  disabled: string | null;
  onConfirm: (note: string) => void;
}

/** A button that asks before it acts. */
function Ask({ word, title, text, confirm, ask, disabled, onConfirm }: AskProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [note, setNote] = useState("");
  const close = () => {
    if (dialog.current?.returnValue !== "yes") return;
    dialog.current.returnValue = "";
    onConfirm(note);
    setNote("");
  };
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={disabled !== null}
        title={disabled ?? undefined}
        onClick={() => dialog.current?.showModal()}
      >
        {word}
      </button>
      <dialog ref={dialog} class="sheet" aria-label={title} onClose={close}>
        <form method="dialog" class="ask">
          <h2>{title}</h2>
          <p>{text}</p>
          {ask !== undefined && (
            <label>
              {ask}
              <textarea
                class="field"
                rows={3}
                maxLength={500}
                value={note}
                onInput={(event) => setNote(event.currentTarget.value)}
              />
            </label>
          )}
          <div class="ask-buttons">
            <button type="submit" class="button" value="no">
              Cancel
            </button>
            <button type="submit" class="button primary" value="yes">
              {confirm}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}

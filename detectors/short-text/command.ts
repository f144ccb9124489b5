import type { Command } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { giveBack } from "./counts.ts";
import { closing, earliestOnset, isOpen, KINDS } from "./episode.ts";
import { createLearning, roundVector } from "./learning.ts";
import type { Origin } from "./lineage.ts";
import { recall } from "./recent.ts";
import { type References, releaseReference } from "./reference.ts";
import { forgetFrom } from "./scheme.ts";
import type { State } from "./state.ts";
import type { Watch } from "./watch.ts";

/** What a person decides. adapt, or after its time the detector by itself: the changed stream is the new normal. */
export function applyCommand(
  state: State,
  command: Command,
  context: { readonly references: References; readonly wanted: number },
): readonly SignalDraft[] {
  const { watch } = state;
  if (watch === null) return [];
  switch (command.kind) {
    case "acknowledge":
      for (const kind of KINDS) {
        const episode = watch.episodes[kind];
        if (episode !== null) episode.acknowledged = true;
      }
      return [];
    case "adapt":
      return adapt(state, watch, context, "A person made it the new normal", "person");
    case "false-alarm":
      return forgive(watch, state.index);
  }
}

/** Learns a new reference: from the texts still remembered since the onset, and from those to come. */
export function adapt(
  state: State,
  watch: Watch,
  context: { readonly references: References; readonly wanted: number },
  why: string,
  origin: Origin,
): SignalDraft[] {
  const from = isOpen(watch.episodes) ? earliestOnset(watch.episodes) : 0;
  const { events, vectors } = recall(watch.recent, from);
  const dim = watch.recent.dim;
  const learning = createLearning();
  // At least one text is still to come: learning ends with an event.
  const skip = Math.max(0, events.length - (context.wanted - 1));
  for (let i = skip; i < events.length; i++) {
    const { text, session, index, time } = events[i]!;
    const vector = state.source === "hash" ? null : roundVector(vectors.slice(i * dim, (i + 1) * dim));
    learning.kept.push({ text, vector, session, index, time });
  }
  learning.seen = learning.kept.length;
  const signals = close(
    watch,
    `${why}: a new reference is learnt from the last ${learning.seen} texts and the next ${context.wanted - learning.seen}.`,
  );
  state.learning = learning;
  state.lineage = { ...state.lineage, origin };
  state.watch = null;
  releaseReference(watch.reference, context.references);
  return signals;
}

/** The alarm was none: its texts count as normal, and the sums start again. */
function forgive(watch: Watch, next: number): SignalDraft[] {
  if (!isOpen(watch.episodes)) return [];
  giveBack(watch, earliestOnset(watch.episodes));
  const signals = close(watch, "A person called it a false alarm: its texts count as normal.");
  watch.evidence.sums.fill(0);
  if (watch.scheme?.kind === "paper") forgetFrom(watch.scheme, next);
  watch.drift = 0;
  watch.surge = 0;
  watch.since = next;
  return signals;
}

function close(watch: Watch, summary: string): SignalDraft[] {
  return KINDS.flatMap((kind) => {
    const episode = watch.episodes[kind];
    if (episode === null) return [];
    watch.episodes[kind] = null;
    return [closing(episode, summary, watch[kind], watch.thresholds[kind])];
  });
}

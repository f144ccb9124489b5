import type { Inspection } from "../../engine/detector.ts";
import { type Promised, promiseFacts } from "../statistics/promised.ts";
import { type Episode, isOpen, KINDS, type Kind } from "./episode.ts";
import { LEAST_TEXTS } from "./learn.ts";
import type { Learning } from "./learning.ts";
import type { Lineage, ReferenceVersion } from "./lineage.ts";
import type { Options } from "./options.ts";
import { drawMap } from "./picture.ts";
import type { State } from "./state.ts";
import type { Watch } from "./watch.ts";

export const GAUGES = [
  { name: "short_text_novelty", help: "Mean novelty score of the last texts (memory 200)." },
  {
    name: "short_text_novelty_share",
    help: "Share of the last texts above the reference's 90 % quantile; .1 is normal.",
  },
  { name: "short_text_drift_ratio", help: "Drift statistic over its threshold; 1 is an alarm." },
  { name: "short_text_surge_ratio", help: "Surge statistic over its threshold; 1 is an alarm." },
  { name: "short_text_stickiness", help: "Share of reference texts that follow the topic of recent ones." },
  { name: "short_text_reference_size", help: "Texts in the reference." },
] as const;

export function inspectState(
  state: State,
  { wanted, promised, options }: { readonly wanted: number; readonly promised: Promised; readonly options: Options },
): Inspection {
  const { warnAt } = options;
  const { watch, learning } = state;
  if (watch === null) return inspectLearning(learning!, state.lineage, wanted, promised);
  const leading = leadingKind(watch);
  const { reference, thresholds } = watch;
  const { facts } = reference;
  const classic = watch.scheme?.kind === "classic";
  const ratio = watch[leading] / thresholds[leading];
  return {
    status: isOpen(watch.episodes) ? "drifting" : ratio >= (warnAt ?? 0.5) ? "warning" : "steady",
    statistic: classic ? null : watch[leading],
    threshold: classic ? null : thresholds[leading],
    gauges: {
      short_text_novelty: watch.novelty,
      short_text_novelty_share: watch.highShare,
      short_text_drift_ratio: watch.drift / thresholds.drift,
      short_text_surge_ratio: watch.surge / thresholds.surge,
      short_text_stickiness: facts.stickiness,
      short_text_reference_size: reference.texts.length,
    },
    details: {
      leading,
      reference: {
        size: reference.texts.length,
        compared: reference.rows,
        clusters: reference.clusters,
        embedding: reference.source,
        dimension: reference.dim,
        ...versionsOf(state.lineage),
      },
      promise: classic
        ? unpromised(options.scheme)
        : {
            ...promiseFacts(promised, facts.perDay ?? null),
            thresholds: facts.surge
              ? { drift: thresholds.drift, surge: thresholds.surge }
              : { drift: thresholds.drift },
            kinds: facts.surge ? KINDS : KINDS.filter((kind) => kind !== "surge"),
          },
      sessions: { kind: facts.sessions, turns: facts.turns },
      dependence: { stickiness: facts.stickiness, halfLife: facts.halfLife },
      warnings: facts.warnings,
      episodes: KINDS.flatMap((kind) => shownEpisode(watch.episodes[kind])),
      terms: KINDS.flatMap((kind) => watch.episodes[kind]?.explanation.clusters[0]?.terms ?? []),
      map: drawMap(watch, options.texts.samples),
    },
  };
}

/** The present reference, and those before it, newest first. */
function versionsOf(lineage: Lineage): Record<string, unknown> {
  const [now, ...before] = allVersions(lineage);
  return { ...now, ...(before.length === 0 ? {} : { before }) };
}

function allVersions({ versions }: Lineage): Record<string, unknown>[] {
  return versions.map(shownVersion).reverse();
}

function shownVersion({ until, ...version }: ReferenceVersion): Record<string, unknown> {
  return { ...version, ...(until === null ? {} : { until: new Date(until).toISOString() }) };
}

function inspectLearning(learning: Learning, lineage: Lineage, wanted: number, promised: Promised): Inspection {
  const few = learning.seen >= wanted && learning.kept.length < LEAST_TEXTS;
  const warnings = few
    ? [`Only ${learning.kept.length} different texts so far: learning goes on until there are ${LEAST_TEXTS}.`]
    : [];
  return {
    status: "learning",
    statistic: null,
    threshold: null,
    gauges: {},
    learning: { seen: Math.min(learning.seen, wanted), wanted },
    details: {
      kept: learning.kept.length,
      ...(lineage.versions.length === 0
        ? {}
        : { reference: { learningFrom: lineage.origin, before: allVersions(lineage) } }),
      promise: promiseFacts(promised, null),
      warnings,
    },
  };
}

function leadingKind(watch: Watch): Kind {
  return watch.surge / watch.thresholds.surge > watch.drift / watch.thresholds.drift ? "surge" : "drift";
}

function unpromised(scheme: string): string {
  return `none: ${scheme} cannot promise how often it alarms falsely; scheme: calibrated can.`;
}

function shownEpisode(episode: Episode | null): Omit<Episode, "centres">[] {
  if (episode === null) return [];
  const { centres: _, ...shown } = episode;
  return [shown];
}

import { z } from "zod";
import { season } from "./season.ts";

/** The settings that every calibrated monitor knows, beside `reference` and `falseAlarms`. */
const calibrated = {
  dependence: z
    .enum(["auto", "none", "regimes"])
    .default("auto")
    .describe(
      "How values depend on each other in normal times. auto: dependence on the values before, declared seasons and waves of spread are learnt and taken out. none: values could come in any order. regimes: as auto, for streams that dwell on levels; small shifts are given up.",
    ),
  season,
  adaptAfter: z
    .int()
    .min(300)
    .max(10_000_000)
    .nullable()
    .default(null)
    .describe(
      "Events after which an open alarm's recent past becomes the new normal by itself; null: only a person does.",
    ),
};

const METHOD =
  "How changes are told: calibrated keeps a promise of false alarms, the others are classics as river has them.";

const alpha = (value: number) => z.number().gt(0).lte(1).default(value);
const confidence = (value: number) => z.number().gt(0).lt(1).default(value);
const twoSided = z.boolean().default(false).describe("Also watch for falls of the error rate.");

const ALGORITHMS = {
  calibrated,
  adwin: {
    delta: confidence(0.002).describe("Significance of a cut; higher: earlier and more alarms."),
    clock: z.int().min(1).max(1_000_000).default(32).describe("Look for a change every so many events."),
    "max-buckets": z.int().min(1).max(100).default(5).describe("Buckets of each size before two merge."),
    "min-window-length": z.int().min(1).max(100_000).default(5).describe("Least length of either side of a cut."),
    "grace-period": z
      .int()
      .min(0)
      .max(1_000_000)
      .default(10)
      .describe("No look before the window is longer than this."),
  },
  "page-hinkley": {
    "min-instances": z.int().min(0).max(1_000_000).default(30).describe("Events before the first alarm."),
    delta: z.number().default(0.005).describe("Deviation that is forgiven at each event, in the data's unit."),
    threshold: z.number().gt(0).default(50).describe("The sum that alarms, in the data's unit."),
    alpha: alpha(1 - 0.0001).describe("How the sums fade."),
    mode: z.enum(["up", "down", "both"]).default("both").describe("Which way the mean may move."),
  },
  kswin: {
    alpha: alpha(0.005).describe("p-value that alarms."),
    "window-size": z.int().min(4).max(1000).default(100).describe("Values in the sliding window."),
    "stat-size": z
      .int()
      .min(2)
      .max(500)
      .default(30)
      .describe("Newest values of it that are tested against the others."),
  },
  ddm: {
    "warm-start": z.int().min(0).max(1_000_000).default(30).describe("Events before the first alarm."),
    "warning-threshold": z.number().gt(0).default(2).describe("Standard deviations above the least rate that warn."),
    "drift-threshold": z.number().gt(0).default(3).describe("Standard deviations above the least rate that alarm."),
  },
  eddm: {
    "warm-start": z.int().min(0).max(1_000_000).default(30).describe("Errors before the first alarm."),
    alpha: alpha(0.95).describe("Share of the greatest distance below which it warns."),
    beta: alpha(0.9).describe("Share of the greatest distance below which it alarms."),
  },
  "hddm-a": {
    "drift-confidence": confidence(0.001).describe("Chance of a false alarm at one look."),
    "warning-confidence": confidence(0.005).describe("The same for a warning."),
    "two-sided-test": twoSided,
  },
  "hddm-w": {
    "drift-confidence": confidence(0.001).describe("Chance of a false alarm at one look."),
    "warning-confidence": confidence(0.005).describe("The same for a warning."),
    "lambda-val": z.number().gt(0).lt(1).default(0.05).describe("Weight of the newest event."),
    "two-sided-test": twoSided,
  },
} as const;

const forms = z.discriminatedUnion("algorithm", [
  z.strictObject({ algorithm: z.literal("calibrated").default("calibrated").describe(METHOD), ...calibrated }),
  form("adwin"),
  form("page-hinkley"),
  form("kswin").refine((o) => o["stat-size"] < o["window-size"], { error: "stat-size must be below window-size" }),
  form("ddm").refine((o) => o["warning-threshold"] <= o["drift-threshold"], {
    error: "warning-threshold must not be above drift-threshold",
  }),
  form("eddm").refine((o) => o.alpha >= o.beta, { error: "alpha must not be below beta" }),
  form("hddm-a"),
  form("hddm-w"),
]);

export type NumericOptions = z.infer<typeof forms>;
export type Algorithm = NumericOptions["algorithm"];

/** Parameters are spelt as river's with dashes; min_window_length and minWindowLength are understood too. */
export const numericOptions: z.ZodType<NumericOptions> = z.preprocess(spell, forms);

function form<A extends keyof typeof ALGORITHMS>(algorithm: A) {
  return z.strictObject({
    algorithm: z.literal(algorithm).describe(METHOD),
    ...ALGORITHMS[algorithm],
  });
}

function spell(raw: unknown, context: z.RefinementCtx): unknown {
  if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return raw;
  const known = new Map(
    ["algorithm", ...Object.values(ALGORITHMS).flatMap((shape) => Object.keys(shape))].map((k) => [plain(k), k]),
  );
  const spelt = Object.fromEntries(Object.entries(raw).map(([key, value]) => [known.get(plain(key)) ?? key, value]));
  const given = spelt.algorithm ?? "calibrated";
  const algorithm = typeof given === "string" ? given.replaceAll("_", "-") : given;
  if (!isAlgorithm(algorithm)) return { ...spelt, algorithm };
  for (const key of Object.keys(spelt)) {
    if (key === "algorithm" || key in ALGORITHMS[algorithm]) continue;
    const owners = Object.entries(ALGORITHMS).flatMap(([name, shape]) => (key in shape ? [name] : []));
    if (owners.length === 0) continue;
    const names = Object.keys(ALGORITHMS[algorithm]).join(", ");
    const message = `${key} is a parameter of ${owners.join(" and ")}, not of ${algorithm}, which has ${names}`;
    context.addIssue({ code: "custom", path: [key], message });
    delete spelt[key];
  }
  return { ...spelt, algorithm };
}

function isAlgorithm(name: unknown): name is keyof typeof ALGORITHMS {
  return typeof name === "string" && Object.hasOwn(ALGORITHMS, name);
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

import type { Detector } from "../../engine/detector.ts";
import { readNumbers } from "../json/numbers.ts";
import { event, type TurnEvent } from "./event.ts";
import { example } from "./example.ts";
import { GAUGES } from "./inspect.ts";
import { DEFAULT_PROMISE, DEFAULT_REFERENCE, openModel } from "./model.ts";
import { type Options, options } from "./options.ts";
import { readPositions } from "./read-positions.ts";
import { stages } from "./stages.ts";
import { type State, VERSION } from "./state.ts";

/**
 * context-drift: how far a model's turns stray from a goal-consistent reference, over a conversation and over a fleet.
 *
 * Sees      one conversation that leaves its level (out of band) or keeps drifting (trending); a fleet whose level moved; a
 *           fleet without an equilibrium; reminders that do nothing; turns that are not good enough to tell.
 * Turn      D_t = KL(q_t ‖ p_t), test model against reference on the same history:
 *           positions  KL_k = Σ_K q ln(q/p) + (1−q_K) ln((1−q_K)/(1−p_K)), K the tokens in both top-k lists: a lower bound
 *           sampled    mean of lpTest − lpReference over the sampled tokens; divergence as it is; 1 − similarity;
 *           1 − cosine to the goal's embedding (turn 0); (5 − judge)/4
 * Fleet     D_{t+1} = φ·D_t + (1−φ)(m_c + μ_t) + η, from the last `memory` closed conversations: μ_t by turn, φ within
 *           conversations with Nickell's bias inverted exactly, σ robust, τ between conversations; D* = −a/b = the mean level,
 *           band D* ± 3σ/√(1−φ²); z against the unit root; reminders: own prediction less what came, beside the holdouts'.
 * Conversation  y whitened by φ and σ; for each turn c a step, and a ramp, from c on beside an unknown level m_c ~ N(0, τ²):
 *           the greatest Z_c is compared with what it reaches by chance once in `falseAlarms` turns (simulated, same law).
 * Level     ranks of conversations' means in closing order, bets exp(dz − d²/2), d = ±{.25,.5,1,1.5}; alarm at
 *           `fleetFalseAlarms` conversations.
 * Parameters  reference.first: closed conversations (not events) until the level is watched; conversations are tested from
 *           100 on. memory: more shows an equilibrium of a larger φ, less follows changes sooner. falseAlarms: turns.
 * Stages    the key is the fleet's cell (a model, a prompt version): its open conversations and what closed ones taught are
 *           one state, so cells scale over members as keys do. A closed conversation is handed over as at most 64 turns: a
 *           cell too large for one member keeps its conversations where they come, and one fleet (`repartition: { stages: 2 }`).
 * Cost      bench/context-drift.ts, busy cores: a turn of 200 positions × top 20 takes 2.6 ms with its parsing (plain Python 13);
 *           any other turn 4 to 6 µs, with 100,000 conversations open as with few. An open conversation
 *           of ten turns takes .9 KiB and a goal's embedding twice its length; a cell 100 KiB.
 * Limits    a lower bound sees what the lists see: coverage is told. Sampled turns judge one conversation only with 200
 *           tokens or more. Trends that all conversations share are taken as normal. Levels with heavy tails lower the power.
 * Source    Dongre, Rossi, Lai, Yoon, Hakkani-Tür, Bui, "Drift No More? Context Equilibria in Multi-Turn LLM Interactions",
 *           arXiv 2510.07777; Nickell 1981; Anderson and Hsiao 1982; Harris and Tzavalis 1999.
 */
export const contextDrift: Detector<TurnEvent, Options, State> = {
  name: "context-drift",
  version: VERSION,
  title: "Multi-turn conversations",
  summary: "Finds conversations that stray from their goal, fleets that settle elsewhere, and what a reminder does.",
  source:
    "Dongre, Rossi, Lai, Yoon, Hakkani-Tür, Bui: Drift No More? Context Equilibria in Multi-Turn LLM Interactions, arXiv 2510.07777; Nickell 1981",
  event,
  reads: { positions: readPositions, embedding: readNumbers },
  options,
  freeOptions: ["fleetFalseAlarms", "openConversations", "idleMinutes", "limit", "tokens", "reminders"],
  reference: { first: DEFAULT_REFERENCE, least: 50, unit: "closed conversations" },
  falseAlarms: DEFAULT_PROMISE,
  within: "conversation",
  sharesPromise:
    "conversations are held against simulated thresholds, which are no e-values, and the states of a fleet are no tests at a rate",
  gauges: GAUGES,
  signals: [
    {
      kind: "conversation_out_of_band",
      severity: "warning",
      episode: "opens",
      help: "A conversation left its own level; once for each conversation.",
    },
    {
      kind: "conversation_trending",
      severity: "warning",
      episode: "opens",
      help: "A conversation drifts further with each turn; once for each conversation.",
    },
    { kind: "fleet_shift", severity: "critical", episode: "opens", help: "The level of conversations has moved." },
    {
      kind: "no_equilibrium",
      severity: "warning",
      episode: "opens",
      help: "Conversations are not shown to settle: a random walk cannot be excluded.",
    },
    {
      kind: "reminder_ineffective",
      severity: "warning",
      episode: "opens",
      help: "Reminders do not lower the divergence; half a standard deviation can be excluded.",
    },
    {
      kind: "data_quality",
      severity: "warning",
      episode: "opens",
      help: "Coverage below .8, missing turns, unlike tokenizers, no room for open conversations, or reminders of another system.",
    },
    {
      kind: "fleet_state",
      severity: "info",
      episode: "none",
      help: "φ, equilibrium, reminder effect, z: when the cell's state changes, and at the end of a backtest.",
    },
    {
      kind: "reminder_due",
      severity: "info",
      episode: "none",
      help: "A conversation needs a reminder (posted to the monitor's reminders channels), or it was withheld.",
    },
    { kind: "recovered", severity: "info", episode: "closes", help: "What was alarmed about is over." },
  ],
  open: (settings) => openModel(settings),
  stages,
  example,
};

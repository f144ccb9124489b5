import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { askForScore, askForTurn, type Endpoint } from "../../adapters/turns/ask.ts";
import { type ChatResponse, type Position, readResponse } from "../../adapters/turns/chat-response.ts";
import { positionsOfScoredAnswer, positionsOfTwoAnswers } from "../../adapters/turns/positions.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { type CliCommand, need, readOptions } from "./command.ts";
import { openOutput } from "./output.ts";

const line = z.object({
  conversation: z.union([z.string(), z.number()]),
  turn: z.number().int().optional(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })).optional(),
  test: z.unknown().optional(),
  reference: z.unknown().optional(),
});

type Line = z.output<typeof line>;

export const turns: CliCommand = {
  name: "turns",
  summary: "Make context-drift events of chat responses with log-probabilities, recorded or asked for.",
  usage:
    "tidegauge turns --input TURNS.ndjson [--output EVENTS.ndjson] [--test URL --test-model NAME --reference URL --reference-model NAME]",
  options: `  -i, --input FILE            one turn a line: {"conversation", "turn"?, …} and either "messages" (both models are asked)
                              or the recorded responses "test" and "reference", whole or as a stream's pieces; other fields
                              are passed on
  -o, --output FILE           events as NDJSON, - for standard output (the default)
      --test URL              OpenAI-compatible server of the test model, …/v1
      --test-model NAME       its name there
      --reference URL         the reference's; vLLM scores the test model's tokens, others answer for themselves
      --reference-model NAME  its name there
      --compare               the reference answers for itself: positions up to the first token that differs
      --top N                 likeliest tokens of each position (default 20)
      --max-tokens N          longest answer (default 512)
      --timeout SECONDS       patience for one answer (default 120); a busy server is asked four times
      --refused FILE          lines that gave no event, as they came, to be tried again
  API keys come from TIDEGAUGE_TEST_API_KEY and TIDEGAUGE_REFERENCE_API_KEY.
`,
  example:
    "tidegauge turns -i turns.ndjson -o events.ndjson --test http://127.0.0.1:8000/v1 --test-model small --reference http://127.0.0.1:8001/v1 --reference-model large",
  async run(argv) {
    const options = readOptions("turns", argv, {
      input: { type: "string", short: "i" },
      output: { type: "string", short: "o" },
      test: { type: "string" },
      "test-model": { type: "string" },
      reference: { type: "string" },
      "reference-model": { type: "string" },
      compare: { type: "boolean" },
      top: { type: "string" },
      "max-tokens": { type: "string" },
      timeout: { type: "string" },
      refused: { type: "string" },
    });
    const input = need("turns", options.input, "--input FILE");
    if (input !== "-" && !existsSync(input)) throw usage(`${input} does not exist`);
    const timeoutMs = 1000 * wholeNumber(options.timeout ?? "120", "--timeout");
    const settings: Settings = {
      test: endpointOf(options.test, options["test-model"], process.env.TIDEGAUGE_TEST_API_KEY, timeoutMs),
      reference: endpointOf(
        options.reference,
        options["reference-model"],
        process.env.TIDEGAUGE_REFERENCE_API_KEY,
        timeoutMs,
      ),
      compare: options.compare === true,
      top: wholeNumber(options.top ?? "20", "--top"),
      maxTokens: wholeNumber(options["max-tokens"] ?? "512", "--max-tokens"),
    };
    const out = openOutput("turns", "--output", options.output ?? "-", input);
    const refused = options.refused === undefined ? null : openOutput("turns", "--refused", options.refused, input);
    const counts = { written: 0, refused: 0 };
    let number = 0;
    for await (const text of createInterface({ input: input === "-" ? process.stdin : createReadStream(input) })) {
      number++;
      if (text.trim() === "") continue;
      try {
        out.write(`${JSON.stringify(await eventOf(text, settings))}\n`);
        counts.written++;
      } catch (error) {
        if (!(error instanceof TidegaugeError) || error.code !== "TURN_UNUSABLE") throw error;
        counts.refused++;
        refused?.write(`${text}\n`);
        process.stderr.write(`line ${number}: ${error.message}\n`);
      }
    }
    out.close();
    refused?.close();
    process.stderr.write(`${counts.written} turns written, ${counts.refused} refused\n`);
    return counts.written === 0 && counts.refused > 0 ? 1 : 0;
  },
};

interface Settings {
  readonly test: Endpoint | null;
  readonly reference: Endpoint | null;
  readonly compare: boolean;
  readonly top: number;
  readonly maxTokens: number;
}

/** A line of input as an event of context-drift. */
async function eventOf(text: string, settings: Settings): Promise<object> {
  const read = line.safeParse(parsed(text));
  if (!read.success) throw unusable("is no turn: it needs a conversation, and messages or test and reference");
  const { messages: _, test: __, reference: ___, ...rest } = parsed(text) as Line;
  const { positions, answer } = await positionsOf(read.data, settings);
  if (positions.length === 0) throw unusable("has no position that both models share");
  const names = { model: settings.test?.model, reference: settings.reference?.model };
  return { ...names, ...rest, positions, ...(answer === null ? {} : { answer }) };
}

async function positionsOf(
  { messages, test, reference }: Line,
  settings: Settings,
): Promise<{ positions: Position[]; answer: string | null }> {
  const { top, maxTokens, compare } = settings;
  if (test !== undefined && reference !== undefined) {
    const [a, b] = [recorded("test", test), recorded("reference", reference)];
    const scored = Boolean(b.prompt_logprobs);
    return { positions: scored ? positionsOfScoredAnswer(a, b, top) : positionsOfTwoAnswers(a, b), answer: null };
  }
  if (messages === undefined) throw unusable("has neither messages nor test and reference");
  if (settings.test === null || settings.reference === null)
    throw usage("--test and --reference are missing: there are messages to ask about");
  const said = await askForTurn(settings.test, messages, top, maxTokens);
  const answer = said.choices[0]!.message.content ?? "";
  if (answer === "") throw unusable(`has no answer: the test model said nothing (${said.choices[0]!.finish_reason})`);
  if (compare) {
    const other = await askForTurn(settings.reference, messages, top, maxTokens);
    return { positions: positionsOfTwoAnswers(said, other), answer };
  }
  const scored = await askForScore(settings.reference, messages, answer, top);
  return { positions: positionsOfScoredAnswer(said, scored, top), answer };
}

function recorded(which: "test" | "reference", value: unknown): ChatResponse {
  const read = readResponse(value);
  if ("why" in read) throw unusable(`has no response in ${which}: ${read.why}`);
  return read.response;
}

function endpointOf(
  url: string | undefined,
  model: string | undefined,
  apiKey: string | undefined,
  timeoutMs: number,
): Endpoint | null {
  if (url === undefined && model === undefined) return null;
  if (url === undefined || !URL.canParse(url)) throw usage("--test and --reference each need a URL and a model");
  if (model === undefined) throw usage("--test-model and --reference-model are needed beside the URLs");
  return { url, model, apiKey: apiKey ?? null, timeoutMs };
}

function wholeNumber(text: string, option: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usage(`${option} is ${text}, not a whole number from 1 on`);
  return Number(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unusable("is not JSON");
  }
}

function usage(what: string): TidegaugeError {
  return new TidegaugeError("USAGE", { what, command: "turns" });
}

function unusable(why: string): TidegaugeError {
  return new TidegaugeError("TURN_UNUSABLE", { who: "the line", why, reason: "schema" });
}

/** Printed in the reference page. */
export const GUIDE = `How it works, with pictures and an example to run: [Numbers](../numeric.md).

## What it promises, and when it cannot

\`falseAlarms: { events: 10000 }\` means: while nothing changes, 10,000 events or more pass between two false alarms of a key, on
average. That needs a model of what normal values hang on; \`dependence\` says which:

| \`dependence\` | for | what is taken out |
|---|---|---|
| \`auto\` (default) | metrics: latencies, counts, rates, sizes | the value before, or five, declared seasons, waves of spread |
| \`none\` | values that could come in any order: scores of independent requests | nothing; small changes are seen a little sooner |
| \`regimes\` | streams that dwell on levels and change between them in normal times | as \`auto\`, and two slow averages; small shifts are given up |

Zeros and ones are watched as an error rate, each with the one before it in mind, whatever \`dependence\` says.

**Seasons** are declared, by event time (UTC; daylight saving moves them an hour). Each gets 2 to 8 waves, as many as the
reference asks for, in level and, where it has one, in spread. Events without a time are then rejected.

\`\`\`yaml
monitors:
  latency:
    detector: numeric
    source: { http: {} }
    fields: { value: /latencyMs, time: /at }
    reference: { first: 4032 }                  # two weeks of five-minute values: each season twice or more
    falseAlarms: { days: 30 }
    options:
      dependence: auto
      season: [{ period: 24h }, { period: 7d }]   # or one: { period: 24h }
\`\`\`

When a key has learnt its reference it says so with a \`learnt\` signal, and the key's page and API (\`details.promise\`,
\`details.model\`, \`details.smallestShiftWithin1000Events\`, \`details.warnings\`) go on saying: what values hang on and how
strongly, how many independent values the reference is worth, the factor V by which bets are tempered for what the model does
not know, the smallest lasting shift to be expected within 1,000 events, and whether the promise is

- **kept**;
- **reduced**: sizes of changes come in waves; strong dependence was learnt from fewer than 1,500 values; a declared season was
  seen less than twice. False alarms may come more often than promised (where sizes come in waves V is a fifth greater, which has kept
  it on the kinds of waves that were tried);
- **none**: values wander almost like a sum of steps (weight near 1); the reference is shorter than a declared season; it shows
  a season that is not declared (the sentence names its period), a trend, or levels that last longer than the model looks back;
  with \`none\`, values that hang on those before.

The onset is that of a change at once; its interval is drawn out towards older events, so that it also holds where the change grew: what
grows shows only when it has grown. The summary of an alarm that took long says from when on it may have grown.

What the reference cannot show, nobody can tell from it: a daily season in an hour of values, a regime that comes once a week.
`;

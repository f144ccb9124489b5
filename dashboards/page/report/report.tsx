import { useState } from "preact/hooks";
import type { ReportData } from "../../../cli/report/data.ts";
import { formatCount, plural, words } from "../parts/format.ts";
import { usePlaceInFile } from "./place.ts";
import { ReportKeyView } from "./report-key.tsx";
import { ReportKeys } from "./report-keys.tsx";
import { WhatIfPanel } from "./what-if.tsx";

/** What a monitor would have said over a recorded stream: the live page's charts over a file. */
export function Report({ data }: { data: ReportData }) {
  const { key: wanted, episode } = usePlaceInFile();
  const [level, setLevel] = useState<number | null>(null);
  const key = data.keys.find((one) => one.key === wanted) ?? data.keys[0];
  const several = data.keyCount > 1;
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <main id="main" tabIndex={-1}>
        <div class="wide report-head">
          <p class="crumbs small quiet">
            Backtest of <strong>{data.monitor}</strong> ({data.detector}: {data.title}) over {data.input}
          </p>
          <h1 class="lead">{sentence(data)}</h1>
          <Figures data={data} />
          {data.whatIf !== null && data.promise !== null && (
            <WhatIfPanel whatIf={data.whatIf} promise={data.promise} level={level} onLevel={setLevel} />
          )}
        </div>
        {key !== undefined && (
          <div class={several ? "wide monitor with-keys" : "wide monitor"}>
            {several && <ReportKeys data={data} chosen={key.key} />}
            <div class="monitor-main">
              <ReportKeyView key={key.key} data={data} value={key} wanted={episode} level={level} several={several} />
            </div>
          </div>
        )}
        <p class="wide quiet small report-foot">tidegauge {data.program}. This file asks the network for nothing.</p>
      </main>
    </>
  );
}

function sentence({ keys, keyCount, whatIf, accepted }: ReportData): string {
  const alarms = whatIf?.episodes ?? keys.reduce((sum, key) => sum + key.episodeCount, 0);
  if (accepted === 0) return "No event was accepted.";
  const where = keyCount > 1 ? ` of ${plural(keyCount, "key")}` : "";
  const drifting = keys.filter((key) => key.episodeCount > 0).length;
  const on = keyCount > 1 && alarms > 0 ? `, on ${plural(drifting, "key")}` : "";
  return `${alarms === 0 ? "No alarm" : plural(alarms, "alarm")} in ${plural(accepted, "event")}${where}${on}.`;
}

function Figures({ data }: { data: ReportData }) {
  const { events, accepted, rejected, signals, promise, prequential } = data;
  return (
    <dl class="lead-facts">
      <Figure name="Events">
        {formatCount(accepted)} accepted
        {events > accepted && <span class="quiet"> of {formatCount(events)}</span>}
      </Figure>
      {Object.keys(rejected).length > 0 && <Figure name="Rejected">{counts(rejected)}</Figure>}
      {Object.keys(signals).length > 0 && <Figure name="Signals">{counts(signals)}</Figure>}
      {promise !== null && (
        <Figure name="Promise">at most one false alarm of a kind in {formatCount(promise)} events of a key</Figure>
      )}
      {prequential !== null && (
        <Figure name="Predictions">
          {Object.entries(prequential)
            .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
            .join(", ")}
        </Figure>
      )}
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .map(([name, n]) => `${words(name)} ${formatCount(n)}`)
    .join(", ");
}

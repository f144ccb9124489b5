import { formatNumber, formatShare } from "../parts/format.ts";
import type { MovedPart } from "./read-moved.ts";

interface Props {
  inputs: readonly MovedPart[];
  classes: readonly MovedPart[];
  /** The class that effects are told for. */
  effectOn: string | null;
  after: string;
}

/** Which inputs and classes a model sees otherwise, the largest part first. */
export function Moved({ inputs, classes, effectOn, after }: Props) {
  return (
    <>
      <Parts
        title="Inputs, by their part of the move"
        note={`Effect: change of the prediction${effectOn === null ? "" : ` of “${effectOn}”`} per standard deviation of the input.`}
        parts={inputs}
        after={after}
      />
      {classes.length > 0 && <Parts title="Classes" note={null} parts={classes} after={after} />}
    </>
  );
}

interface PartsProps {
  title: string;
  note: string | null;
  parts: readonly MovedPart[];
  after: string;
}

function Parts({ title, note, parts, after }: PartsProps) {
  const widest = Math.max(...parts.map(({ share }) => share), 1e-9);
  return (
    <section aria-label={title}>
      <h3 class="quiet small">{title}</h3>
      <ol class="moved">
        {parts.map(({ name, share, figures }) => (
          <li key={name}>
            <strong class="moved-name">{name}</strong>
            <span class="moved-part">
              <span class="bar is-after" style={{ width: `${Math.max(1, (share / widest) * 72)}%` }} />
              <span>{formatShare(share)}</span>
            </span>
            {figures.map(({ word, before, after: then }) => (
              <span key={word} class="quiet small moved-figure">
                {word} {known(before)} → <strong>{known(then)}</strong>
                <span class="unseen">, before and {after}</span>
              </span>
            ))}
          </li>
        ))}
      </ol>
      {note !== null && <p class="quiet small">{note}</p>}
    </section>
  );
}

function known(value: number | null): string {
  return value === null ? "–" : formatNumber(Number(value.toPrecision(2))).replace("-", "−");
}

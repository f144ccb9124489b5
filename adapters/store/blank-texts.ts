/** Empties the example texts of an explanation; its terms and figures stay. */
export function withoutTexts<T extends { readonly explanation: Readonly<Record<string, unknown>> }>(item: T): T {
  const explanation = { ...item.explanation };
  for (const name of ["clusters", "vanished"]) {
    const topics = explanation[name];
    if (!Array.isArray(topics)) continue;
    explanation[name] = topics.map((topic: Readonly<Record<string, unknown>>) => {
      return { ...topic, ...("examples" in topic ? { examples: [] } : {}), medoid: "" };
    });
  }
  return { ...item, explanation };
}

import { useEffect, useState } from "preact/hooks";

export function CopyButton({ text, word }: { text: string | (() => string); word: string }) {
  const [result, setResult] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (result === null) return;
    const timer = setTimeout(() => setResult(null), 2_000);
    return () => clearTimeout(timer);
  }, [result]);
  const copy = async () => {
    const copied = await copyText(typeof text === "string" ? text : text());
    setResult(copied ? "copied" : "failed");
  };
  return (
    <button type="button" class="button" onClick={copy}>
      <span aria-live="polite">
        {result === "copied" ? "Copied" : result === "failed" ? "Copying is blocked" : word}
      </span>
    </button>
  );
}

/** The clipboard interface exists on https and localhost only; elsewhere the old way still works. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

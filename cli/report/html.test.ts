import fc from "fast-check";
import { expect, test } from "vitest";
import { inertJson } from "./html.ts";

test("embedded JSON says the same and holds no markup, whatever the texts hold", () => {
  const nasty = ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028\u2029", "&lt;", "</SCRIPT\t>"];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: "binary" }))), (texts) => {
      const json = inertJson(texts);
      expect(JSON.parse(json)).toEqual(texts);
      expect(json).not.toMatch(/<|\u2028|\u2029/);
    }),
  );
});

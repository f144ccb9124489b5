/**
 * A multi-label ARFF file with Mulan's XML → NDJSON events of label-drift, on standard output.
 *   node --import tsx bench/arff-to-ndjson.ts emotions.arff emotions.xml > emotions.ndjson
 */
import { readArff } from "../test/support/arff.ts";

const [arff, xml] = process.argv.slice(2);
if (!arff || !xml) {
  process.stderr.write("usage: arff-to-ndjson.ts FILE.arff FILE.xml\n");
  process.exit(2);
}
for (const event of readArff(arff, xml)) process.stdout.write(`${JSON.stringify(event)}\n`);

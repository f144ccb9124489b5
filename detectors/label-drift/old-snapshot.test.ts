import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createTensors } from "../../adapters/tensors/create.ts";
import type { Environment, Model, Outcome, Snapshot } from "../../engine/detector.ts";
import type { LabelEvent } from "./event.ts";
import { labelDrift } from "./label-drift.ts";
import { eventsOf, labelStream } from "./stream.ts";

const env: Environment = { tensors: createTensors("cpu"), embedder: { kind: "none" } };

/** A state of version 1, structure only, after 1,500 events of the stream with seed 9; gzip, base64. */
const VERSION_1 = [
  "H4sIAAAAAAACA7VXezxUW/tfm1xmRiGKojAuoSH3MmasZfZs4eRaUkruolAJEZXCidzK3bhTKt1Ep6JkS+qoKNFFJ0U5Iqeo1EnqnJ89+XVO7+",
  "f9913PZ57vXs93rfWs9TzPZ83eMgCAITu/m3bB+CrZX+wivpAiQNi25qFvD5/2/D8O8Dpm1Q2dhMIuWSDkqc46ZrABk8UMNqSUEaWWCbvCvgml",
  "TCllRqmllDKmlLlwjAHTQwoAwAMAPBEDYBwDIPtBVlHV8E5I6Gl2hm988c3dDy1leeXhj9ALAHDnVHVsy/mzqD87vPdJ2WkUNn6uzWBVLXqRw4",
  "iusqpB6iJhnE1uZ5FLclRvrW4NWrrhqFkP+yyavWTzipG2GvRBfFXT2ls1KMBBtfrd3Dq00lXGSzaiBrVVzHSv665BlI/Z92Z+8cuLRH/eiPTx",
  "iIlAbqsJZV2ZHehyfZaC42+RaCNtZf/+G5EI+Ha73iQjUIbg1D3npAg0dlyyMbQ3AoWZx8vT3kQgK0G1lvu2SOSsH/rB+K9IdCg2IFtEOxIpAg",
  "DKsCzsFHYaO4kVYzlYEZaPlWA1WCVGxQb7V/tv/X+3hGnEhD+RaS0KxIAYEBf+JP6DmfGvJ9oPz3SAAUw4QxKAaauYUGYAcSAOABAVcth39pum",
  "bAnTK1EWUaH1m1CrUTwlNKGIC4Um9PePMH4Qie+jxaaFJhwjLtSSQqQDMeHa/6xPzZTEAFAPW0GkBm0mAtY4EqesRYlYu0989TWAOJ83h1D2Ak",
  "RZhhTx4LgzIVPpS2T6eBNSq0KJF8sRsavXk5hr40Is3+xLHAfuRN/jbYRttSq/3fkXvGKJBD+jRZZY+LsskSFPI3TmvOZrRIgSM8xwIvD6OmKg",
  "XJIA1TSi4+x7/o6TYgTaa0KAJmei8udZRP1fONFtfQp3W3wYX93UgeedaMTfaD3Av9bP4oc5iPKfxf2B+1xrxHt+vYDb7WnAXUTE+OqHs/CZjB",
  "RcDruP99+Q5kvtuIlXJe/DtfcO4pMXSFxBl8Y3WPwanyNzDSe80vAW2Zn8cqvZfKTegFv2/oXbdBB8KhYPDv6Ml/DS8BVpSThthhGelsvCo8qN",
  "cRExU9wxSR8XxBnj1/OS8UcByfjmxGQ8o/4AHu4dhwcHJ+GX3eJxmb79+JeuBPxQRxrOOy/JW+05aKVQP2nljJbgpp46eF7jMvzjBT382goj/N",
  "Ke/bh4XTL+3lAPHzZYjA+NaeImJTr4YEs8zu1OwUW9mfhocQKuvvi6lacmg5caN2TlnDBoVdAjw1OUYPD2pUxarTmtxrsVq8JTzHlp9b5Hi+dv",
  "w+St3a/OuzVbk7ceavPUXirwAuzVeO8XzOfZBLF5up4DVrmWM3jj/ZNWWWA+T+OQBk+vWp538KMxr/ijLu9I0iKeWrk1j6pPE2w5xsU6QBvoAh",
  "3gJrgHEAYxHLPCjDAuZoKZYkaYNaYDNIE2uAVawX1wE3QCSwxit0EraAStgI0RWD0wxxYCbaAOmEAbLAJawAAYAXVgBAyAGTAFpmAxMAJLgBlg",
  "Ai2gBfSACdAFxsAEGIKlwvp80e7NOaIWxh1NOmWRXnbJoqw73aIJnuXEyWPcyoxTbGU/Y4v5NTO50Y9Ocum3r3HPOA9xVxb2WzSPu3HToSF3rc",
  "pVTvsxPvdqBpNr5tDD+aT6lv1iawrns9YQZ73VS86i4lwLbL+AM9NJncNqmc1Z1HeUGx/obTHZlc6pTa1mdwpqLer2hXOJ24EcvoIM13yPhAVj",
  "cMBihooZ50C6j4X7OTZb/5cSCxqnkDNzTTrnblen+Z0Lqzhq27aZg4s7ODuJqxYXEx9zxloGOXIbHTkSy9059hN6HMOodo55N8FxjRyxSORmcD",
  "xUmJylKyU4trXPOV1q9pzg+28szkoVcdq/pJnn3LvLoe5//x+vsz4MgBtaOlfmyzFIfm7ozuW/0MnkWvvNg8fopLt7/+PiKjoZT5yPr3Gik5u2",
  "po2F0BmkmYHyZ+ZpBvlhr9M7wyUMsl01tAbfSie5NmoaRB2ddN38cNxUlEE2horOey1GJ4fl7ZPdvRnk0oNI1kyPTtap7A1cxaaRN0vLZXY10M",
  "jliaMtT+0YJC+2TFKzR5K0EYGOvZ10UructfbATzQyalT+2sBzGqkkqHqV50MntbHHnEQDOtlbtMD34UEpcrmWxIiCEp20sqXJJxnSyQUDviP5",
  "uxikaU29krOuFGn6watJI49O7n7l1LvJTJJ07Qp8rpRMJ9l/297ZEUknDVc0RPWU0kn7cnuXrO108kDrE7cHmnTydht/Z5wTg5S1ebXVfyednB",
  "tksndEnE7mWiPBBM4gTxy/3TSgyCAL3hGKdnJS5EtWT5fhegb5pKs1485XGnlNbOdWgTeNlG6tk7m7kEayzseXBHXQSO3A8otzxRik5x9qRkca",
  "JMm41PgWf1sG2X/NolmVLUVeKtLf8L5bklS78nTTqBmdjB8q6LhZTSdLfUribnQzyJQ5e3+TW0gjRRMqajc20UhP+5XB4eIMsr9d7EjzEhopFl",
  "YF51dLkk8v+xoHedJJKs9m+NKv3mAmCViRvyao5UCLO0HZf4kXwsuRMQvbVy+HIbU6wZPjOZD6t/LPSuMcFj0IAUCKVVbpUMHj2hNH50Mwdqx5",
  "jYR3JkyQfvNJIekQDO9sPTV0IYuy1x+VzoEKHuGjzNNZUMYyKt7/RSaMHcPUTXzzqNeLQZ34fGj5qa8xKCAP3tRSqg0zyYfWCsW7J48IoKRK8J",
  "8wIx+6ut6XkbHPhf5Z9uf0PubBLPvz6UoTubDHL2uO2/FCmCDtkOXXnA9r23gGrSECaK3QW6F0tGBqnmuhGysPdhIP9yV9yYNmPQlD81yzYHhn",
  "IjN1dib0CD97+qfjB6F/VojJxtGDsGHIpX1ZdS7Mso9MSCRzYW2blmZwV/4U//pVVXc+bBjyCbmSUgJlLPPXWQwUU/v9mPZ32dS5PpVFB+XAwu",
  "BMbvgGAQyp9ae/lSiBY80SoQKPYphlHyA20SaAnYQCq/COAPbHZ9Sq5BZAlditjNz6fKjg0f3w4vaCqbgRzOsmxbAy5c3ZF7+WwgRpyxe9ScVU",
  "nD5b3i+bmic96ThZAnv8ul7l0krgiepXxiXLiqbiOy7+yrCA8vehyqhsal+Ft2VUSih/NseHS2DD0L7Lv+YUwcoU/db3R0uhg1lPsrJLKXW+n/",
  "dmlcIl7KjSOLyM4vVXhxVSfo5qNJVM5cXrzzMn86h1m8pnZVPxXpc6LIyLDhzJhYXBYe9rDhRCldihZfve5FL73zj3aC413mHYOxsOV6RoXFXN",
  "g5afwOGDI/nwRDX7CDEugAnSu+/o7C+g+DjseRFM1Z+/mmlN5c+scXVsAVU3VXPnFVD7GPKwKIA9fsaJzgvy4aLCk7vdfs+h8j+UWZtPxbE+5F",
  "IeVPCQT858VULVWebqL+VTcR17wN5VPlUv7cPy+0uhR7jzw3f7iqn9PZAvL4GVKbOa5r4ugCeqq/tfEvlUXXQU7M6GDmYFt27toerNNO9efR4c",
  "rtjxd0hiDrwqofJc/kwulQ/RcNXsqXzEGSrH5sCQ2ra92KccWJnS8bnSKhvKWK6RlSJyYH+8Y+yW+AKqXvG4BWXQrGcg+FZJIZUP74FHlH990z",
  "XGJVBSJfaTVGEJTNVnWzHaCil7/N+h1Ln+3PGiVkDF2eDYkzLKf/rXi2VT/q88sLosgJ/64lVk4qg4/lXypa4QSqo8ea+wnopjAzoxVApT9Xcq",
  "s5gC6tyn6w5R/JfdJ3QFU/vwK2BtKYANQ++ax44Lzz+/qZmq0z/HJ++XwZBa53PvdpfDkNqJjrUaxVRdum2xEXy/A76/8m7NE76e//C18j/A7z",
  "7Azm82g+hveHe63zeN5DTeneadppGcxrhp7JtGEDO93s5/fMStQz8g8pxGr2n7+h/tYHoc6TFtn+6DDdPjPb7z330ET5/tf4DfP0++fYNglM+A",
  "9RPRQ5N+yFOqyTeVvRotdu7Tej+5HmXMS26ynHBBxYMvLS6dd0IjA2cau4ecUGltec92Ww+kd+QcV07bDZVvSPg6c9sqFIG+fA2vj0a7z9oERk",
  "6sQJ7usSd3FTohUhSAlcfyJx+mJSCr6GjQGuyPniqVBCYVOaBjbxWzw0xWoBeycw9Yetij7Suk57187YHUlcs/DxXx0e5QpTODfE0kofNw24Uq",
  "USR7LsY4684wHBDZSexx8kVs+fly/Cgn9LaV/xE/tBzpq1rZ7ZjzEzIcfVtxT80BzfnduPiiTgzaLPYyxq1hMwpX+OhoroLQ/oCDAuMxeTToWi",
  "Sd+vAtNCqYZWbzPhId93OV6YzyRVGX7y/sl3NCF5Z1BWh126AKQ1D+NM0GrW/7+FYlYB3aKxvvEK6AkNcfY07efCb6fOUY4/XPokjM9sndNS2v",
  "oKvkVhPv6yFIRdo+3CWJQHvbNSN3+KghXoztnlvn5iB9uPj25zZZFDrutFLWdgvqeKUInPo2oofPGwOavb2RCqPOybDNBTHen9RVtibQQcuO3u",
  "2LtqBffn3sWd7ojOifzxTSjIzQLJ8zZ8rPKCG/uxMmvAZZ5PRauUqC4Yfimb1aZicd0dwetZsK8zjo+uG1Fddv6SI6XU0i5TdlpDh6gd5U7o9m",
  "nVjgRR91QS6B434xafpohn7Al6oqMTTPbVXE/box2Nv3rGxCNRp1uoraadHd0YdneerXCVv0Kb++sVeNhxTjG9UeHWWjp48+VPtm7kDSF367XX",
  "ljM7qkHepPDNig3y2uGl30Z6DauBF5tH0Myps83b9d0RexLkf3/qxvj+h2gc+2ZxJopCNLu7AToeYFLqu5tmykt0yyS04/FGl3aNn3yvsgXQl4",
  "9c0sHNWILVJKYUoh9dRNos/ixuCqhReU4nSjkW+acZFI11q0NOZtjfM7HjLNeNazaiZE+y9ZrwhsMEcl2xw1o3K2obPNj/l8pw2IToqIkGGG6O",
  "IdMdcKS3EUvdR69g3rMXi/wOPz+eIA5Hv92LBvrBNq3y32XDabQNEnWNr8nxCKbVbsN9JjI40N/OA9+QJEwy4+TFZJRN4fuYRtwlp0zOBlg+8o",
  "D8VYt1RcNeAi11uz9sglOKKMR2PnNPjmKNghIuuFGRPpdomspJeJoaHhe+mL9vwB74yYHuNm+iC26gOb2Vd46L74RN72z/PRLo3blQsjvkLN8g",
  "eN1rNGoKduunzk31tRh9E5waVEL5S8/+27omZXpC+nYZr4eBXqO+aU7ivlhpZktUq5v9uEMhlM9xjXlWhpZsO8y84mqL+txdx4nSqKMe3QWWcn",
  "h54ltUQ1Xw9EKbpvP4Z0rkShHowGpeblqEjUKyfKzRRZPnL6Y3yCiSKp25C51TssPCg8aEsok73OhLUuhhnkx2QbsZjB3j7+wduZ7HUGLEOWEc",
  "vcYxfrG2f8L86YZcIyNGAZGn5nDf/FmrLMWEtZyzx2eXiwmH5hQQHhTHZoRHDwLvB/AyTspgETAAA=",
].join("");

test("a snapshot of version 1 loads, is saved as one of today, and alarms where the undisturbed run did", () => {
  const options = labelDrift.options.parse({ learner: "none" });
  const model = labelDrift.open({ options, reference: null, promise: null, seed: 1 }, env) as Model<LabelEvent>;
  const running = Uint8Array.from(gunzipSync(Buffer.from(VERSION_1, "base64")));
  const [state] = model.load([{ version: 1, running, parts: [] }]) as readonly unknown[];
  const saved = model.save([state]) as readonly Snapshot[];
  expect(saved[0]!.version).toBe(3);
  expect(model.save(model.load(saved) as unknown[])).toEqual(saved);
  const alarms: number[] = [];
  [...eventsOf(labelStream(9, 3000, 2000), false)].slice(1500).forEach((event, i) => {
    const [outcome] = model.step([{ state, event, time: null }]) as readonly Outcome[];
    if (outcome!.signals.some((s) => s.kind === "drift")) alarms.push(1500 + i);
  });
  expect(alarms).toEqual([2029]);
});

test("a snapshot of a version that is not known is refused", () => {
  const options = labelDrift.options.parse({});
  const model = labelDrift.open({ options, reference: null, promise: null, seed: 1 }, env) as Model<LabelEvent>;
  expect(() => model.load([{ version: 99, running: new Uint8Array(8), parts: [] }])).toThrow(/version/);
});

import { describe } from "vitest";
import { createTypedBank } from "../../detectors/learners/typed-bank.ts";
import { modelBankLaws } from "./model-bank-laws.ts";

describe("a bank on typed arrays, float64", () => modelBankLaws((features) => createTypedBank(features)));
describe("a bank on typed arrays, float32", () => modelBankLaws((features) => createTypedBank(features, "float32")));

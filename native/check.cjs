// Loads one optional part and says what it is: node check.cjs FOLDER PART.
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const util = require("node:util");

const [, , folder, part] = process.argv;
const from = createRequire(join(folder, "package.json"));
const load = (name) => import(pathToFileURL(from.resolve(name)).href);

const checks = {
  tensorflow() {
    // Node 23 took them away, the addon's loader still calls them.
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
    const tf = from("@tensorflow/tfjs-node");
    const backend = tf.backend();
    return `TensorFlow ${backend.binding.TF_Version}, ${backend.isUsingGpuDevice ? "on a GPU" : "on the CPU"}`;
  },
  async webgpu() {
    const { create } = await load("webgpu");
    const adapter = await create([]).requestAdapter();
    return `Dawn, ${adapter === null ? "no adapter here" : `on ${adapter.info.description || adapter.info.device}`}`;
  },
  async onnx() {
    const ort = from("onnxruntime-node");
    await load("@huggingface/transformers");
    return `onnxruntime ${ort.env.versions.node ?? ""}, providers ${ort.listSupportedBackends().map((b) => b.name)}`;
  },
};

Promise.resolve(checks[part]()).then(
  (says) => {
    process.stdout.write(`${says}\n`, () => process.exit(0));
  },
  (error) => {
    process.stderr.write(`error: ${error.message.split("\n")[0]}\n`, () => process.exit(1));
  },
);

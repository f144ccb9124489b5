// Loads one optional part and says what it is: node check.cjs FOLDER PART.
const { existsSync } = require("node:fs");
const { createRequire } = require("node:module");
const { constants } = require("node:os");
const { dirname, join } = require("node:path");
const { pathToFileURL } = require("node:url");
const util = require("node:util");

const [, , folder, part] = process.argv;
const { dlopen } = constants;
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
    let adapter = await create([]).requestAdapter();
    const software = join(folder, "swiftshader");
    if (adapter === null && existsSync(software)) {
      process.env.VK_DRIVER_FILES = join(software, "vk_swiftshader_icd.json");
      try {
        // No addon, so it throws; the library stays (RTLD_NODELETE).
        process.dlopen(
          { exports: {} },
          join(software, "libvulkan.so.1"),
          dlopen.RTLD_NOW | dlopen.RTLD_GLOBAL | 0x1000,
        );
      } catch {}
      adapter = await create([]).requestAdapter();
      if (adapter === null) throw new Error("SwiftShader is here and gives no adapter");
    }
    return `Dawn, ${adapter === null ? "no adapter here" : `on ${adapter.info.description || adapter.info.device}`}`;
  },
  async onnx() {
    const ort = from("onnxruntime-node");
    await load("@huggingface/transformers");
    const cuda = join(dirname(from.resolve("onnxruntime-node/package.json")), "bin/napi-v6/linux/x64");
    const providers = ort
      .listSupportedBackends()
      .map(({ name }) => name)
      // Their libraries are a download of their own.
      .filter(
        (name) => existsSync(join(cuda, `libonnxruntime_providers_${name}.so`)) || /cpu|webgpu|coreml|dml/.test(name),
      );
    return `onnxruntime ${ort.env.versions.node ?? ""}, providers ${providers}`;
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

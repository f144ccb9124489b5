"""The same model in Python's onnxruntime: texts (a line of JSON each) in, vectors (float32) out; CPU seconds per batch size."""
import json, sys, time
import numpy as np, onnxruntime
from tokenizers import Tokenizer

folder, texts_file, out_file = sys.argv[1:4]
texts = [json.loads(line) for line in open(texts_file)]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.enable_truncation(512)
tokenizer.enable_padding()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(f"{folder}/onnx/model_quantized.onnx", options, providers=["CPUExecutionProvider"])
names = [i.name for i in session.get_inputs()]


def run(some):
    encoded = tokenizer.encode_batch(some)
    feed = {
        "input_ids": np.array([e.ids for e in encoded], np.int64),
        "attention_mask": np.array([e.attention_mask for e in encoded], np.int64),
        "token_type_ids": np.array([e.type_ids for e in encoded], np.int64),
    }
    outputs = session.run(None, {k: v for k, v in feed.items() if k in names})
    whole = next((o for o in outputs if o.ndim == 2), None)
    if whole is None:
        mask = feed["attention_mask"][..., None]
        whole = (outputs[0] * mask).sum(1) / mask.sum(1)
    return whole / np.linalg.norm(whole, axis=1, keepdims=True)


result = {}
order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
for batch in (1, 32):
    run(texts[:batch])
    out = np.zeros((len(texts), 384), np.float32)
    start = time.process_time()
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        out[rows] = run([texts[i] for i in rows])
    result[batch] = time.process_time() - start
    out.tofile(f"{out_file}.{batch}")
print(json.dumps({"seconds": result, "version": onnxruntime.__version__}))

"""Unpacks what the addons of TensorFlow and onnxruntime need of wheels: unpack.py TARGET WHEEL…; prints what the extra and-cuda asks for."""

import re
import sys
import zipfile

HEADERS = re.compile(r"tensorflow/include/(tensorflow/(c|core/platform|core/public)/|(tensorflow/compiler/)?xla/tsl/|tsl/)")
LIBRARIES = re.compile(
    r"tensorflow/libtensorflow_(cc|framework)\.so\.2$|nvidia/.*\.so(\.\d+)*$|onnxruntime/capi/libonnxruntime_providers_(cuda|shared)\.so$"
)

target, wheels = sys.argv[1], sys.argv[2:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if LIBRARIES.match(name) or (HEADERS.match(name) and name.endswith((".h", ".inc"))):
                archive.extract(name, target)
            if name.endswith(".dist-info/METADATA") and "tensorflow" in name:
                for line in archive.read(name).decode().splitlines():
                    found = re.match(r"Requires-Dist: (nvidia[^;]*);.*extra == [\"']and-cuda[\"']", line)
                    if found:
                        print(re.sub(r"[\s()]", "", found[1]))

"""Selects the committed corpus of a fuzzer: few and small inputs that together reach the same code as all of them.

`make fuzz-corpus` calls it with the name of the fuzzer and the control file of a libFuzzer merge, which lists every input
with the features that it reaches.
"""

import pathlib
import shutil
import sys

MOST_FILES = 150
MOST_BYTES = 160 * 1024
# tests/it/extremes.rs covers longer inputs.
LONGEST = 4 * 1024

target, control = sys.argv[1], pathlib.Path(sys.argv[2])
lines = control.read_text().splitlines()
paths = [pathlib.Path(line) for line in lines[2 : 2 + int(lines[0])]]
features = {}
for line in lines[2 + len(paths) :]:
    mark, number, *rest = line.split()
    if mark == "FT" and 0 < paths[int(number)].stat().st_size <= LONGEST:
        features[int(number)] = set(map(int, rest))

reached, chosen, size = set(), [], 0
while features and len(chosen) < MOST_FILES:
    best = max(features, key=lambda number: (len(features[number] - reached), -paths[number].stat().st_size))
    gain = features.pop(best) - reached
    if not gain or size + paths[best].stat().st_size > MOST_BYTES:
        break
    reached |= gain
    chosen.append(paths[best].read_bytes())
    size += len(chosen[-1])

folder = pathlib.Path(__file__).parent / "corpus" / target
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
for place, content in enumerate(chosen):
    (folder / f"{place:03}").write_bytes(content)
print(f"{target}: {len(chosen)} of {len(paths)} inputs, {size} bytes, {len(reached)} features")

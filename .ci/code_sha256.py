"""Prints what identifies a build: the SHA-256 of the program, and the CodeSha256 that Lambda shows once it is deployed.

usage: python3 .ci/code_sha256.py <folder of the built function> [arm64 | x86_64]

Lambda hashes the zip. This builds it as SAM does: the file in it always has a date in 1980. Any Python from 3.9 works; one with
another zlib than SAM's Python may produce other bytes.
"""

import base64
import hashlib
import io
import struct
import sys
import zipfile
from pathlib import Path

# The field `e_machine` of the program's ELF header.
MACHINES = {62: "x86_64", 183: "arm64"}
# A regular file that everybody may read: what SAM adds to the mode of a file.
READABLE = 0o100444
UNIX = 3


def archive(folder: Path, wanted: str = "") -> bytes:
    """Builds the zip of the program in a folder, which must be for the wanted machine."""
    files = sorted(path.name for path in folder.iterdir())
    if files != ["bootstrap"]:
        sys.exit(f"{folder} should contain only bootstrap, but contains {files}")
    program = (folder / "bootstrap").read_bytes()
    machine = MACHINES.get(struct.unpack_from("<H", program, 18)[0], "something else")
    if wanted and machine != wanted:
        # SAM builds x86_64 for the machine it runs on.
        sys.exit(f"the program is for {machine}, not for {wanted}: build it on a machine of that architecture")
    entry = zipfile.ZipInfo("bootstrap")
    entry.create_system = UNIX
    entry.external_attr = ((folder / "bootstrap").stat().st_mode | READABLE) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr(entry, program, compress_type=zipfile.ZIP_DEFLATED)
    return file.getvalue()


if __name__ == "__main__":
    made = archive(Path(sys.argv[1]), *sys.argv[2:3])
    print("bootstrap ", hashlib.sha256((Path(sys.argv[1]) / "bootstrap").read_bytes()).hexdigest())
    print("CodeSha256", base64.b64encode(hashlib.sha256(made).digest()).decode())

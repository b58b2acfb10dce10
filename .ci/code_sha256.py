"""What a build is to be known by: the SHA-256 of the program, and the CodeSha256 that Lambda shows once it is deployed.

usage: python3 .ci/code_sha256.py <folder of the built function> [arm64 | x86_64]

Lambda hashes the archive. It is made here as SAM makes it: files in it have the date 1980, and no other. Any Python from 3.9 on
will do; one with another zlib than the Python of SAM may make an archive of other bytes.
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
# A regular file that everybody may read: what SAM adds to the rights of a file.
READABLE = 0o100444
UNIX = 3


def archive(folder: Path, wanted: str = "") -> bytes:
    """The archive of the program in a folder, which must be for the wanted machine."""
    files = sorted(path.name for path in folder.iterdir())
    if files != ["bootstrap"]:
        sys.exit(f"{folder} should hold bootstrap alone, and holds {files}")
    program = (folder / "bootstrap").read_bytes()
    machine = MACHINES.get(struct.unpack_from("<H", program, 18)[0], "something else")
    if wanted and machine != wanted:
        # SAM leaves x86_64 to the machine that builds.
        sys.exit(f"the program is for {machine}, not for {wanted}: build it on a machine of that kind")
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

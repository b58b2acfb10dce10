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

folder = Path(sys.argv[1])
files = sorted(path.name for path in folder.iterdir())
if files != ["bootstrap"]:
    sys.exit(f"{folder} should hold bootstrap alone, and holds {files}")
program = (folder / "bootstrap").read_bytes()
machine = MACHINES.get(struct.unpack_from("<H", program, 18)[0], "something else")
if sys.argv[2:] and machine != sys.argv[2]:
    # SAM leaves x86_64 to the machine that builds.
    sys.exit(f"the program is for {machine}, not for {sys.argv[2]}: build it on a machine of that kind")
entry = zipfile.ZipInfo("bootstrap")
entry.create_system = UNIX
entry.external_attr = ((folder / "bootstrap").stat().st_mode | READABLE) << 16
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
    writer.writestr(entry, program, compress_type=zipfile.ZIP_DEFLATED)
print("bootstrap ", hashlib.sha256(program).hexdigest())
print("CodeSha256", base64.b64encode(hashlib.sha256(archive.getvalue()).digest()).decode())

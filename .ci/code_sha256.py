"""What a build is to be known by: the SHA-256 of the program, and the CodeSha256 that Lambda shows once it is deployed.

usage: .venv-sam/bin/python .ci/code_sha256.py <folder of the built function> [arm64 | x86_64]

Lambda hashes the archive. SAM makes it here by the code it deploys with: files in it have the date 1980, and no other.
"""

import base64
import hashlib
import struct
import sys
from pathlib import Path

from samcli.lib.package.utils import make_zip_with_lambda_permissions, zip_folder

# The field `e_machine` of the program's ELF header.
MACHINES = {62: "x86_64", 183: "arm64"}

folder = Path(sys.argv[1])
files = sorted(path.name for path in folder.iterdir())
if files != ["bootstrap"]:
    sys.exit(f"{folder} should hold bootstrap alone, and holds {files}")
program = (folder / "bootstrap").read_bytes()
machine = MACHINES.get(struct.unpack_from("<H", program, 18)[0], "something else")
if sys.argv[2:] and machine != sys.argv[2]:
    # SAM leaves x86_64 to the machine that builds.
    sys.exit(f"the program is for {machine}, not for {sys.argv[2]}: build it on a machine of that kind")
with zip_folder(str(folder), zip_method=make_zip_with_lambda_permissions) as (archive, _):
    code = hashlib.sha256(Path(archive).read_bytes()).digest()
print("bootstrap ", hashlib.sha256(program).hexdigest())
print("CodeSha256", base64.b64encode(code).decode())

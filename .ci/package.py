"""Makes the files of a release for people without Rust: zips for Lambda, and a template that locates them by parameters.

usage: python3 .ci/package.py template <version> <file>
       python3 .ci/package.py archive <folder of the built function> arm64|x86_64 <file>

The template is template.yaml with `CodeUri` as a bucket and key from parameters. SAM's transform, which runs in
CloudFormation, then needs no build.
"""

import re
import sys
from pathlib import Path

from code_sha256 import archive

ROOT = Path(__file__).resolve().parent.parent

BUILT = re.compile(
    r"    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties:\n(?: +#.*\n)*        Binary: (\S+)\n"
    r"((?:(?!  \w).*\n)*?)      CodeUri: \.\n"
)
BY_PARAMETERS = """\
      CodeUri:
        Bucket: !Ref CodeBucket
        Key: !Ref %s
"""
BUCKET = """\
Parameters:
  CodeBucket:
    Type: String
    AllowedPattern: "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    ConstraintDescription: The name of a bucket in the region of the stack
    Description: Bucket in the region of the stack that contains the zips
"""
KEY = """\
  %s:
    Type: String
    Default: %s-%s-arm64.zip
    AllowedPattern: ".+"
    ConstraintDescription: The key of the zip in that bucket
    Description: Key of the zip of %s in that bucket; each version needs its own key, and Architecture must match
"""


def binaries() -> dict[str, str]:
    """The parameter that names its zip, by binary."""
    lines = (ROOT / ".ci" / "binaries").read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if not line.startswith("#"))
    return {binary: parameter for binary, _, parameter in rows}


def template(version: str) -> str:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    functions = text.count("    Type: AWS::Serverless::Function\n")
    keys = binaries()
    text, located = BUILT.subn(lambda built: built[2] + BY_PARAMETERS % keys[built[1]], text)
    if located != functions or text.count("\nParameters:\n") != 1:
        sys.exit(f"template.yaml has {functions} functions, but the code of {located} was found")
    parameters = BUCKET + "".join(KEY % (key, binary, version, binary) for binary, key in keys.items())
    return text.replace("\nParameters:\n", "\n" + parameters)


def main(what: str, *arguments: str) -> None:
    if what == "template":
        version, file = arguments
        Path(file).write_text(template(version), encoding="utf-8")
    elif what == "archive":
        folder, machine, file = arguments
        Path(file).write_bytes(archive(Path(folder), machine))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])

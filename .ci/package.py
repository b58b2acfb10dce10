"""Makes what a release has for people without Rust: the archive for Lambda, and a template that names it by parameters.

usage: python3 .ci/package.py template <version> <file>
       python3 .ci/package.py archive <folder of the built function> arm64|x86_64 <file>

The template is template.yaml with `CodeUri` by bucket and key, which two parameters give. SAM's transform, which runs in
CloudFormation, needs no build then.
"""

import sys
from pathlib import Path

from code_sha256 import archive

ROOT = Path(__file__).resolve().parent.parent

BUILD = """\
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties:
        # Without it every binary of the package is built, and which one is deployed is guessed.
        Binary: mail-feedback
"""
CODE = "      CodeUri: .\n"
BY_PARAMETERS = """\
      CodeUri:
        Bucket: !Ref CodeBucket
        Key: !Ref CodeKey
"""
PARAMETERS = """\
Parameters:
  CodeBucket:
    Type: String
    AllowedPattern: "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    ConstraintDescription: the name of a bucket in the region of the stack
    Description: Bucket in the region of the stack that holds the function's zip
  CodeKey:
    Type: String
    Default: mail-feedback-%s-arm64.zip
    AllowedPattern: ".+"
    ConstraintDescription: the key of the zip in that bucket
    Description: Key of the zip in that bucket; each version needs a key of its own, and Architecture must fit
"""


def replaced(text: str, old: str, new: str) -> str:
    """The text with its one occurrence of `old` replaced."""
    if text.count(old) != 1:
        sys.exit(f"template.yaml should hold this once, and holds it {text.count(old)} times:\n{old}")
    return text.replace(old, new)


def template(version: str) -> str:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    text = replaced(text, BUILD, "")
    text = replaced(text, CODE, BY_PARAMETERS)
    return replaced(text, "\nParameters:\n", "\n" + PARAMETERS % version)


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

"""Makes the files of a release for people without Rust: the zip for Lambda, and a template that locates it by parameters.

usage: python3 .ci/package.py template <version> <file>
       python3 .ci/package.py archive <folder of the built function> arm64|x86_64 <file>

The template is template.yaml with `CodeUri` as a bucket and key from two parameters. SAM's transform, which runs in
CloudFormation, then needs no build.
"""

import sys
from pathlib import Path

from code_sha256 import archive

ROOT = Path(__file__).resolve().parent.parent

BUILD = """\
    Metadata:
      BuildMethod: rust-cargolambda
      BuildProperties:
        # Without it, every binary of the package is built, and SAM guesses which one to deploy.
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
    ConstraintDescription: The name of a bucket in the region of the stack
    Description: Bucket in the region of the stack that contains the function's zip
  CodeKey:
    Type: String
    Default: mail-feedback-%s-arm64.zip
    AllowedPattern: ".+"
    ConstraintDescription: The key of the zip in that bucket
    Description: Key of the zip in that bucket; each version needs its own key, and Architecture must match
"""


def replaced(text: str, old: str, new: str, times: int = 1) -> str:
    """Replaces exactly `times` occurrences of `old`; any other number is an error."""
    if text.count(old) != times:
        sys.exit(f"template.yaml should contain this {times} times, but contains it {text.count(old)} times:\n{old}")
    return text.replace(old, new)


def template(version: str) -> str:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    functions = text.count("    Type: AWS::Serverless::Function\n")
    text = replaced(text, BUILD, "", functions)
    text = replaced(text, CODE, BY_PARAMETERS, functions)
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

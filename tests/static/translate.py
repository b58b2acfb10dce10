"""Writes SAM's translation of the template, as CloudFormation will read it, to standard output.

usage: translate.py <template, or that of a release>

Region and artifact are made up: the linters need some, and no finding depends on which.
"""

import json
import os
import sys

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"

from samtranslator.translator.transform import transform  # noqa: E402 (it reads the region when it is loaded)
from samtranslator.yaml_helper import yaml_parse  # noqa: E402


class NoManagedPolicies:
    """Replaces IAM's list of managed policies; the template uses none."""

    def load(self):
        return {}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function" and isinstance(resource["Properties"]["CodeUri"], str):
            resource["Properties"]["CodeUri"] = {"Bucket": "artifacts", "Key": "function"}
    parameters = {"CodeBucket": "artifacts", "CodeKey": "function", "ChangesCodeKey": "function", "SupportCodeKey": "function"}
    json.dump(transform(template, parameters, NoManagedPolicies()), sys.stdout, indent=1)


main()

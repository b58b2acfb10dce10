"""Resources that must exist before parameters can name them: a network, keys, topics."""

from cloud import Cloud


def make(cloud: Cloud, root: str) -> dict[str, str]:
    """Creates one of each; returns the values by the names that `variants` uses."""
    ec2, sns = cloud.client("ec2"), cloud.client("sns")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)
    ]
    cloud.client("events").create_event_bus(Name="changes")
    cloud.client("sesv2").create_configuration_set(ConfigurationSetName="existing")
    layer = cloud.client("lambda").publish_layer_version(LayerName="certificates", Content={"ZipFile": EMPTY_ZIP})
    return {
        "vpc": vpc,
        "subnets": ",".join(subnets),
        "certificate": cloud.client("acm").request_certificate(DomainName="feedback.example.com")["CertificateArn"],
        "key": cloud.client("kms").create_key()["KeyMetadata"]["Arn"],
        "topic": sns.create_topic(Name="existing")["TopicArn"],
        "other_topic": sns.create_topic(Name="other")["TopicArn"],
        "bus": "changes",
        "configuration_set": "existing",
        "layer": layer["LayerVersionArn"],
        "root": root,
    }


# A zip without entries consists of its end-of-directory record.
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)

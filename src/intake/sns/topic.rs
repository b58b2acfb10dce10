//! Topic ARNs, and what follows from their region: the SNS host and the names in its certificate.

/// A well-formed ARN of a standard topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArn {
    arn: String,
    region: String,
    partition: &'static Partition,
    certificate_prefix: String,
}

/// An AWS partition: its SNS hosts and the names in its certificates.
#[derive(Debug, PartialEq, Eq)]
struct Partition {
    name: &'static str,
    suffix: &'static str,
    certificate: CertificateName,
}

/// How the name in a partition's signing certificate is built.
#[derive(Debug, PartialEq, Eq)]
enum CertificateName {
    /// `sns.<suffix>` in the regions that all accounts have, `sns-signing.<region>.<suffix>` in opt-in regions.
    Classic,
    /// `sns-<region>.<suffix>`.
    PerRegion,
    /// One name for the whole partition.
    Fixed(&'static str),
    /// `sns-signing.<region>.<suffix>`.
    Signing,
}

/// The partitions with their host suffixes (`botocore`'s partition table) and certificate names (the host table of the
/// SNS message manager in AWS SDK for Java 2.x).
const PARTITIONS: &[Partition] = &[
    Partition { name: "aws", suffix: "amazonaws.com", certificate: CertificateName::Classic },
    Partition { name: "aws-cn", suffix: "amazonaws.com.cn", certificate: CertificateName::PerRegion },
    Partition {
        name: "aws-us-gov",
        suffix: "amazonaws.com",
        certificate: CertificateName::Fixed("sns-us-gov-west-1.amazonaws.com"),
    },
    Partition { name: "aws-eusc", suffix: "amazonaws.eu", certificate: CertificateName::Signing },
    Partition {
        name: "aws-iso",
        suffix: "c2s.ic.gov",
        certificate: CertificateName::Fixed("sns-us-iso-east-1.c2s.ic.gov"),
    },
    Partition {
        name: "aws-iso-b",
        suffix: "sc2s.sgov.gov",
        certificate: CertificateName::Fixed("sns-us-isob-east-1.sc2s.sgov.gov"),
    },
    Partition { name: "aws-iso-e", suffix: "cloud.adc-e.uk", certificate: CertificateName::Signing },
    Partition { name: "aws-iso-f", suffix: "csp.hci.ic.gov", certificate: CertificateName::Signing },
];

/// The regions of the partition `aws` that every account has; their SNS signs as `sns.amazonaws.com`.
const CLASSIC_REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
];

/// The opt-in regions known to sign with their own certificate; any other region may do either.
const OPT_IN_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

impl TopicArn {
    /// Parses `arn:<partition>:sns:<region>:<account>:<name>`; `None` for anything else, including FIFO topics, to
    /// which SES does not publish.
    #[must_use]
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let fixed = parts.next()? == "arn";
        let partition = parts.next()?;
        let service = parts.next()? == "sns";
        let region = parts.next()?;
        let account = parts.next()?;
        let name = parts.next()?;
        let partition = PARTITIONS.iter().find(|known| known.name == partition)?;
        let well_formed = fixed
            && service
            && is_region(region)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=256).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && parts.next().is_none();
        let certificate_prefix = format!("https://sns.{region}.{}/SimpleNotificationService-", partition.suffix);
        well_formed.then(|| Self { arn: arn.to_owned(), region: region.to_owned(), partition, certificate_prefix })
    }

    /// The ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The host of SNS in the topic's region.
    #[must_use]
    pub fn host(&self) -> String {
        format!("sns.{}.{}", self.region, self.partition.suffix)
    }

    /// The beginning of every signing certificate URL in the topic's region; 32 hex digits and `.pem` follow.
    #[must_use]
    pub fn certificate_prefix(&self) -> &str {
        &self.certificate_prefix
    }

    /// The names that a signing certificate of this region may have, compared exactly.
    #[must_use]
    pub fn certificate_names(&self) -> Vec<String> {
        let Self { region, partition: Partition { suffix, certificate, .. }, .. } = self;
        let shared = || format!("sns.{suffix}");
        let own = || format!("sns-signing.{region}.{suffix}");
        match certificate {
            CertificateName::Classic if CLASSIC_REGIONS.contains(&region.as_str()) => vec![shared()],
            CertificateName::Classic if OPT_IN_REGIONS.contains(&region.as_str()) => vec![own()],
            CertificateName::Classic => vec![own(), shared()],
            CertificateName::PerRegion => vec![format!("sns-{region}.{suffix}")],
            CertificateName::Fixed(name) => vec![(*name).to_owned()],
            CertificateName::Signing => vec![own()],
        }
    }
}

/// Lower-case words joined by hyphens, ending in a number: `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let words: Vec<_> = text.split('-').collect();
    let Some((number, names)) = words.split_last() else { return false };
    let name = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    text.len() <= 32
        && names.len() >= 2
        && names.iter().all(name)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::TopicArn;

    #[test]
    fn only_standard_topics_of_known_partitions_are_read() {
        for arn in [
            "arn:aws:sns:us-east-1:123456789012:feedback",
            "arn:aws-cn:sns:cn-north-1:123456789012:feedback",
            "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a_b-c",
        ] {
            assert!(TopicArn::parse(arn).is_some(), "{arn}");
        }
        for arn in [
            "",
            "arn:aws:sns:us-east-1:123456789012:feedback.fifo",
            "arn:aws:sns:us-east-1:123456789012:feedback:1",
            "arn:aws:sns:us-east-1:12345678901:feedback",
            "arn:aws:sqs:us-east-1:123456789012:feedback",
            "arn:aws:sns:s3-us-west-2:123456789012:feedback",
            "arn:aws:sns:us-east-1.evil.example/:123456789012:x",
            "arn:mars:sns:us-east-1:123456789012:feedback",
            "arn:aws:sns:us-east-1:123456789012:feed\nback",
            "arn:aws:sns:us-east-1:123456789012:*",
        ] {
            assert!(TopicArn::parse(arn).is_none(), "{arn}");
        }
    }

    #[test]
    fn certificate_names_follow_partition_and_region() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("aws:sns:us-east-1", "sns.us-east-1.amazonaws.com", &["sns.amazonaws.com"]),
            ("aws:sns:af-south-1", "sns.af-south-1.amazonaws.com", &["sns-signing.af-south-1.amazonaws.com"]),
            (
                "aws:sns:xx-new-1",
                "sns.xx-new-1.amazonaws.com",
                &["sns-signing.xx-new-1.amazonaws.com", "sns.amazonaws.com"],
            ),
            ("aws-cn:sns:cn-north-1", "sns.cn-north-1.amazonaws.com.cn", &["sns-cn-north-1.amazonaws.com.cn"]),
            ("aws-us-gov:sns:us-gov-east-1", "sns.us-gov-east-1.amazonaws.com", &["sns-us-gov-west-1.amazonaws.com"]),
            (
                "aws-eusc:sns:eusc-de-east-1",
                "sns.eusc-de-east-1.amazonaws.eu",
                &["sns-signing.eusc-de-east-1.amazonaws.eu"],
            ),
        ];
        for (middle, host, names) in cases {
            let topic = TopicArn::parse(&format!("arn:{middle}:123456789012:t"));
            assert_eq!(topic.as_ref().map(TopicArn::host).as_deref(), Some(*host));
            assert_eq!(topic.map(|topic| topic.certificate_names()).unwrap_or_default(), *names);
        }
    }
}

"""The parameter sets under which the template must deploy, in one place.

In a value, `{name}` is a placeholder for a resource that must exist first; `needed.make` creates it.
"""

from dataclasses import dataclass, field

LOAD_BALANCER = {
    "LoadBalancerSecurityGroup",
    "LoadBalancer",
    "LoadBalancerTargets",
    "LoadBalancerPermission",
    "LoadBalancerListener",
    "LoadBalancerRule",
}
WEBHOOK_DOMAIN = {"WebhookDomain", "WebhookDomainMapping"}
SILENT_ALARMS = {"SesSilentAlarm", "MailjetSilentAlarm", "TencentSilentAlarm"}
EVENT_BRIDGE = {"EventBridgeRule", "EventBridgePermission"}
INTAKE = {"IntakeQueue", "IntakeMapping", "IntakeAgeAlarm", "IntakeDepthAlarm"}
DECIDE = {"DecideFunction", "DecideRole", "DecideErrorAlarm"}
CHANGES = {
    "ChangesFunction",
    "ChangesRole",
    "ChangesMapping",
    "ChangesFailedQueue",
    "ChangesFailedAlarm",
    "ChangesAgeAlarm",
}
UNSUBSCRIBE = {
    "UnsubscribeFunction",
    "UnsubscribeRole",
    "UnsubscribeSecret",
    "UnsubscribeApi",
    "UnsubscribeGetRoute",
    "UnsubscribeHeadRoute",
    "UnsubscribePostRoute",
    "UnsubscribeErrorAlarm",
    "UnsubscribeThrottleAlarm",
    "UnsubscribeRefusalAlarm",
    "UnsubscribeDashboard",
}
SUPPORT = {"SupportFunction", "SupportRole", "SupportLogGroup", "SupportDashboard", "SupportErrorAlarm"}
UNSUBSCRIBE_DOMAIN = {"UnsubscribeDomain", "UnsubscribeDomainMapping"}
EVENT_DESTINATION = {"NewConfigurationSet", "SesEventDestination"}


@dataclass(frozen=True)
class Variant:
    """Parameters that differ from the defaults, and the resources and environment that result."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    environment: dict[str, str] = field(default_factory=dict)


VARIANTS = [
    Variant(
        "nothing but defaults",
        present=EVENT_DESTINATION | {"Function", "CheckFunction", "CheckFunctionParameter", "Topic", "TopicSubscription", "HttpApi", "Dashboard"},
        absent=LOAD_BALANCER | WEBHOOK_DOMAIN | SILENT_ALARMS | EVENT_BRIDGE | DECIDE | INTAKE | UNSUBSCRIBE | CHANGES | SUPPORT | {"AlarmTopic", "SendingPausedRule"},
        environment={
            "SNS_AUTO_CONFIRM": "false",
            "SNS_ALLOW_SHA1": "iam",
            "EVENTBRIDGE_ACCOUNT_IDS": "",
            "EVENT_RETENTION_DAYS": "400",
            "COUNT_CAUSES": "false",
        },
    ),
    Variant("no configuration set", {"ConfigurationSet": "none"}, absent=EVENT_DESTINATION),
    Variant(
        "an existing configuration set",
        {"ConfigurationSet": "{configuration_set}", "SesEventTypes": "send,bounce,complaint,open,click"},
        present={"SesEventDestination"},
        absent={"NewConfigurationSet"},
    ),
    Variant("identity notifications", {"IdentityNotifications": "true"}, present={"TopicPolicy"}),
    Variant(
        "no configuration set and no identities",
        {"ConfigurationSet": "none", "IdentityNotifications": "false", "ExistingTopicArns": "{topic}"},
        present={"TopicPolicy"},
        absent=EVENT_DESTINATION,
    ),
    Variant(
        "existing topics",
        {"ExistingTopicArns": "{topic},{other_topic}", "SnsAutoConfirm": "true", "SnsAllowSha1": "true"},
        environment={"SNS_AUTO_CONFIRM": "true", "SNS_ALLOW_SHA1": "true"},
    ),
    Variant(
        "accounts and age",
        {"SesAccountIds": "111122223333,444455556666", "SnsMaxAgeSeconds": "3600"},
        environment={"SES_ACCOUNT_IDS": "111122223333,444455556666", "SNS_MAX_AGE_SECONDS": "3600"},
    ),
    Variant(
        "complaints within a stream, and hard bounces that end",
        {"StreamTag": "stream", "ComplaintScope": "stream", "HardBounceDays": "90"},
        environment={"STREAM_TAG": "stream", "COMPLAINT_SCOPE": "stream", "HARD_BOUNCE_DAYS": "90"},
    ),
    Variant(
        "EventBridge events",
        {"EventBridgeEnabled": "true"},
        present=EVENT_BRIDGE,
        environment={"EVENTBRIDGE_ACCOUNT_IDS": "000000000000"},
    ),
    Variant(
        "certificates in a layer",
        {"CertificateLayerArn": "{layer}", "SnsIntermediates": "{root}"},
        environment={"SNS_INTERMEDIATES": "{root}"},
    ),
    Variant(
        "a custom domain for the webhooks",
        {"WebhookDomainName": "feedback.example.com", "WebhookCertificateArn": "{certificate}"},
        present=WEBHOOK_DOMAIN,
    ),
    Variant(
        "a load balancer",
        {
            "LoadBalancerCertificateArn": "{certificate}",
            "LoadBalancerVpcId": "{vpc}",
            "LoadBalancerSubnetIds": "{subnets}",
            "LoadBalancerPort": "8081",
        },
        present=LOAD_BALANCER,
    ),
    Variant(
        "no soft bounces",
        {
            "SoftBounceThreshold": "0",
            "SoftBounceWindowDays": "7",
            "SoftBounceMinDays": "1",
            "SoftBounceCooldownDays": "3",
        },
        environment={"SOFT_BOUNCE_THRESHOLD": "0", "SOFT_BOUNCE_WINDOW_DAYS": "7"},
    ),
    Variant(
        "other retention",
        {
            "EventRetentionDays": "30",
            "DeliveryRetentionDays": "7",
            "EngagementRetentionDays": "1",
            "LogRetentionDays": "1",
        },
        environment={
            "EVENT_RETENTION_DAYS": "30",
            "DELIVERY_RETENTION_DAYS": "7",
            "ENGAGEMENT_RETENTION_DAYS": "1",
        },
    ),
    Variant("a customer managed key", {"KmsKeyArn": "{key}"}),
    Variant("a customer managed key, also for messages", {"KmsKeyArn": "{key}", "KmsForMessages": "true"}),
    Variant("tables that may be deleted", {"DeletionProtection": "false"}),
    Variant(
        "tables of an earlier stack",
        {
            "ExistingEventTable": "{event_table}",
            "ExistingSuppressionTable": "{suppression_table}",
            "ExistingSuppressionStreamArn": "{suppression_stream}",
        },
        absent={"EventTable", "SuppressionTable"},
        environment={"EVENT_TABLE": "{event_table}", "SUPPRESSION_TABLE": "{suppression_table}"},
    ),
    Variant(
        "another size",
        {
            "MemorySize": "512",
            "ReservedConcurrency": "10",
            "CheckReservedConcurrency": "5",
            "Tracing": "PassThrough",
            "Deployment": "AllAtOnce",
        },
    ),
    Variant(
        "a queue for SES reports",
        {"SesIntake": "queue", "IntakeBatchSize": "200", "IntakeBatchingSeconds": "1", "IntakeMaximumConcurrency": "5"},
        present=INTAKE | {"IntakeSubscription"},
        absent={"TopicSubscription"},
    ),
    Variant(
        "on the way back from the queue",
        {"SesIntake": "draining", "IntakeBatchingSeconds": "1"},
        present=INTAKE | {"TopicSubscription"},
        absent={"IntakeSubscription"},
    ),
    Variant(
        "one-click unsubscribe links",
        {"Unsubscribe": "true", "SenderName": "Example Shop", "SenderUrl": "https://www.example.com/account"},
        present=UNSUBSCRIBE,
        absent=UNSUBSCRIBE_DOMAIN,
    ),
    Variant(
        "links at a domain of their own",
        {
            "Unsubscribe": "true",
            "SenderName": "Example Shop",
            "UnsubscribeMaxAgeDays": "60",
            "UnsubscribeDomainName": "u.example.com",
            "UnsubscribeCertificateArn": "{certificate}",
            "UnsubscribeRateLimit": "50",
            "UnsubscribeBurstLimit": "100",
            "UnsubscribeReservedConcurrency": "5",
        },
        present=UNSUBSCRIBE | UNSUBSCRIBE_DOMAIN,
    ),
    Variant(
        "change events on a bus of their own",
        {"ChangeEvents": "true", "ChangeEventBus": "{bus}"},
        present=CHANGES,
    ),
    Variant("orders of programs", {"DecideEnabled": "true"}, present=DECIDE),
    Variant("pages for support", {"SupportView": "true"}, present=SUPPORT, environment={"COUNT_CAUSES": "true"}),
    Variant("pages for support that decide", {"SupportView": "true", "SupportMayDecide": "true"}, present=SUPPORT),
    Variant("redrive", {"RedriveEnabled": "true"}, present={"UndeliveredRedrive", "FailedRedrive"}),
    Variant("alarms by mail", {"AlarmEmail": "ops@example.com", "RateMinimumVolume": "10"}, present={"AlarmTopic", "SendingPausedRule"}),
    Variant(
        "other rate limits",
        {
            "SesBounceLimit": "4",
            "SesComplaintLimit": "0.05",
            "MailjetBounceLimit": "7.5",
            "MailjetComplaintLimit": "0.05",
            "TencentBounceLimit": "4",
            "TencentComplaintLimit": "0.2",
        },
    ),
    Variant("alarms to a topic", {"AlarmTopicArn": "{topic}"}, present={"SendingPausedRule"}, absent={"AlarmTopic"}),
    Variant(
        "alarms about silence",
        {"SesSilentHours": "24", "MailjetSilentHours": "24", "TencentSilentHours": "24"},
        present=SILENT_ALARMS,
    ),
    # Last: a new user name creates a new password, which a running function notices within a minute.
    Variant("another user", {"WebhookUserName": "someone", "WebhookRateLimit": "10", "WebhookBurstLimit": "20"}),
]

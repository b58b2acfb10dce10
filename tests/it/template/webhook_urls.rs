//! The URLs that providers are given, and their host names.

use serde_json::json;

use super::document::Template;

const DOMAIN: [&str; 2] = ["WebhookDomain", "WebhookDomainMapping"];

#[test]
fn a_custom_name_is_created_only_if_it_is_given() {
    let template = Template::read();
    for id in DOMAIN {
        assert_eq!(template.0["Resources"][id]["Condition"], "HasWebhookDomain", "{id}");
    }
    let condition = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "WebhookDomainName"}, ""]}]});
    assert_eq!(template.0["Conditions"]["HasWebhookDomain"], condition);
    assert_eq!(
        (template.default("WebhookDomainName"), template.default("WebhookCertificateArn")),
        (String::new(), String::new())
    );
}

#[test]
fn it_maps_the_root_to_the_api_with_tls_1_2() {
    let template = Template::read();
    let configuration = &template.properties("WebhookDomain")["DomainNameConfigurations"][0];
    let expected = json!({"CertificateArn": {"Ref": "WebhookCertificateArn"}, "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2"});
    assert_eq!(*configuration, expected);
    let mapping =
        json!({"ApiId": {"Ref": "HttpApi"}, "DomainName": {"Ref": "WebhookDomain"}, "Stage": {"Ref": "HttpApiStage"}});
    assert_eq!(*template.properties("WebhookDomainMapping"), mapping, "no key: the paths are those of the API");
}

#[test]
fn the_outputs_name_it_where_there_is_one() {
    let template = Template::read();
    let own = json!({"Fn::Sub": "${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}"});
    let host = json!({"Fn::If": ["HasWebhookDomain", {"Ref": "WebhookDomainName"}, own]});
    for (output, path) in [("Mailjet", "mailjet"), ("Tencent", "tencent"), ("Sns", "sns")] {
        let value = &template.0["Outputs"][format!("{output}WebhookUrl")]["Value"];
        assert_eq!(*value, json!({"Fn::Sub": [format!("https://${{Host}}/webhooks/{path}"), {"Host": host}]}));
    }
    for (output, attribute) in
        [("WebhookDomainTarget", "RegionalDomainName"), ("WebhookDomainTargetZone", "RegionalHostedZoneId")]
    {
        assert_eq!(template.0["Outputs"][output]["Value"], json!({"Fn::GetAtt": ["WebhookDomain", attribute]}));
        assert_eq!(template.0["Outputs"][output]["Condition"], "HasWebhookDomain");
    }
}

//! The stream of the embedded DynamoDB's suppression table, as Lambda would pass it on.

use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::database::{Database, SUPPRESSIONS};
use crate::http_message::Message;

/// The suppression table's stream, from where it was switched on.
pub struct Stream {
    database: Database,
    arn: String,
    /// Where to go on.
    iterator: Value,
}

impl Stream {
    /// Switches the stream on, with both states of each item.
    pub async fn of(database: &Database) -> Self {
        let both =
            StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
        let call = database.client.update_table().table_name(SUPPRESSIONS);
        let call = call.stream_specification(both.build().expect("a specification"));
        let table = call.send().await.expect("a stream").table_description.expect("the table");
        let arn = table.latest_stream_arn.expect("the stream's ARN");
        let mut stream = Self { database: database.clone(), arn, iterator: Value::Null };
        let described = stream.call("DescribeStream", &json!({"StreamArn": stream.arn})).await;
        let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
        let from = json!({"StreamArn": stream.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        stream.iterator = stream.call("GetShardIterator", &from).await["ShardIterator"].clone();
        stream
    }

    /// The records since the last time this was called.
    pub async fn take(&mut self) -> Vec<Value> {
        let mut records = Vec::new();
        loop {
            let page = self.call("GetRecords", &json!({"ShardIterator": self.iterator})).await;
            self.iterator = page["NextShardIterator"].clone();
            let found = page["Records"].as_array().expect("records");
            if found.is_empty() {
                return records;
            }
            records.extend(found.iter().cloned());
        }
    }

    /// A call of DynamoDB Streams, for which there is no client here.
    async fn call(&self, operation: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut connection = TcpStream::connect(self.database.address).await.expect("the database listens");
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nx-amz-date: 20260101T000000Z\r\nx-amz-target: DynamoDBStreams_20120810.{operation}\r\n\
             content-type: application/x-amz-json-1.0\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, \
             SignedHeaders=host, Signature=0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        connection.write_all(format!("{head}{body}").as_bytes()).await.expect("the request is sent");
        let answer = Message::read(&mut connection, &mut Vec::new()).await.expect("an answer").expect("an answer");
        assert!(answer.head().starts_with("HTTP/1.1 200"), "{operation}: {} {}", answer.head(), answer.text());
        serde_json::from_str(answer.text()).expect("JSON")
    }
}

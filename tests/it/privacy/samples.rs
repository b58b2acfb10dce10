//! Every sample, in both log formats.

use support::database::Database;
use support::environment::environment;
use support::samples;

use super::{function, print_uncaptured};

#[tokio::test]
async fn every_sample_at_the_most_verbose_level_in_both_formats() {
    for format in ["JSON", "Text"] {
        let database = Database::start().await;
        let mut function = function(environment(&database), &[("AWS_LAMBDA_LOG_FORMAT", format)]).await;
        let samples = samples::all();
        for sample in &samples {
            let outcome = function.invoke(&sample.json).await;
            let answer = outcome.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
            assert_eq!(sample.expected.status == "ok", answer.get("statusCode").is_none(), "{}", sample.name);
        }
        let output = function.stop().await;
        let lines = output.lines().count();
        assert_eq!(lines, samples.len(), "one line each");
        print_uncaptured(&format!("{} samples, log in {format}: {lines} lines, {} bytes", samples.len(), output.len()));
    }
}

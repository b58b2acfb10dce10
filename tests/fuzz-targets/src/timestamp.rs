//! Times: formatting a parsed time and parsing it again gives the same time.

use mail_feedback::provider::StatusCode;
use mail_feedback::timestamp::Timestamp;

/// Checks a text as a time, and as a status code.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for time in [Timestamp::parse(&text), Timestamp::from_unix(&text)].into_iter().flatten() {
        let spelled = time.to_string();
        assert_eq!(spelled.len(), 24, "{spelled}");
        assert_eq!(Timestamp::parse(&spelled), Some(time));
        assert_eq!(Timestamp::from_millis(time.millis()), Some(time));
        assert!(time.next() >= time && time.plus_days(u32::MAX) == Timestamp::MAX);
        assert_eq!(time.minus_days(u32::MAX).millis(), 0);
        assert_eq!(time.seconds() / 86_400, time.day());
    }
    if let Some(status) = StatusCode::find(&text) {
        let (class, subject, detail) = status.parts();
        assert!(matches!(class, 4 | 5) && subject <= 7 && detail <= 999);
        let spelled = format!("{class}.{subject}.{detail}");
        assert_eq!(StatusCode::parse(&spelled), Some(status));
        assert_eq!(StatusCode::find(&format!("host said: 550 {spelled}.")), Some(status));
    }
}

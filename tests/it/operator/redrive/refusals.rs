//! Errors of AWS and unsuitable stacks, reported in words that say what to do.

use super::account::{Account, QueuedMessage, State};
use mail_feedback::operator::call::Call;

/// Changes the state of the account.
type StateChange<'s> = &'s dyn Fn(&mut State);

fn account() -> Account {
    Account::new(Vec::new(), vec![QueuedMessage::failing("f-1", 0, "{}")])
}

#[tokio::test(start_paused = true)]
async fn each_refusal_says_what_to_do() {
    for (action, code, words) in [
        ("DescribeStacks", "ValidationError", "there is no stack mf in us-east-1; check --stack, AWS_REGION"),
        ("DescribeStacks", "AccessDenied", "cloudformation:DescribeStacks on mf is denied; use credentials"),
        ("DescribeStacks", "ExpiredToken", "the credentials are invalid or have expired"),
        ("GetQueueAttributes", "QueueDoesNotExist", "is gone; let `sam deploy` create it again"),
        ("GetQueueAttributes", "AccessDenied", "sqs:GetQueueAttributes on https://sqs.us-east-1"),
        ("ListEventSourceMappings", "AccessDeniedException", "lambda:ListEventSourceMappings on * is denied"),
        ("ReceiveMessage", "AccessDenied", "sqs:ReceiveMessage on https://sqs.us-east-1"),
        ("ReceiveMessage", "InternalError", "failed: InternalError; try again"),
    ] {
        let account = account();
        account.state().refusals.insert(action, (99, code));
        account.expect_failure(&[], words).await;
    }
}

#[test]
fn other_codes_have_their_words_too() {
    let call = Call { right: "lambda:UpdateEventSourceMapping", on: "uuid" };
    for (code, words) in [
        ("ResourceNotFoundException", "uuid is gone; somebody has deleted or replaced it"),
        ("ResourceInUseException", "uuid is being changed by somebody else; wait a minute"),
        ("TooManyRequestsException", "throttles lambda:UpdateEventSourceMapping; wait a minute"),
        ("AWS.SimpleQueueService.NonExistentQueue", "let `sam deploy` create it again"),
        ("UnrecognizedClientException", "get new ones"),
    ] {
        assert!(call.words(code).contains(words), "{}", call.words(code));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_somebody_else_is_at_work() {
    let busy = |state: &mut State| state.status = "UPDATE_IN_PROGRESS";
    let on = |state: &mut State| state.mappings[0].state = "Enabled";
    let changing = |state: &mut State| state.mappings[1].state = "Updating";
    let always = |state: &mut State| (state.always_on, state.mappings[0].state) = (true, "Enabled");
    let settings: [(StateChange<'_>, _); 4] = [
        (&busy, "is being changed (UPDATE_IN_PROGRESS); wait"),
        (&on, "not off (UndeliveredQueue on, FailedQueue off)"),
        (&changing, "FailedQueue being switched"),
        (&always, "is permanently on, by its parameter RedriveEnabled=true"),
    ];
    for (set, words) in settings {
        let account = account();
        set(&mut account.state());
        account.expect_failure(&["--send", "--yes"], words).await;
        assert_eq!(account.state().changes, Vec::<String>::new());
    }
}

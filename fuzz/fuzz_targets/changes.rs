#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mail_feedback_fuzz_targets::changes::run(input));

//! The help texts below the options.

/// Below the list of commands.
pub(super) const HELP: &str = "\
Credentials and region come from the AWS SDK's usual environment: AWS_REGION, AWS_ACCESS_KEY_ID …, AWS_PROFILE. Profiles \
with keys or with a role work; those of IAM Identity Center (SSO), `aws login` and credential_process do not. For these:
  eval \"$(aws configure export-credentials --profile NAME --format env)\"

Exit codes: 0 done, or allowed; 1 failed, or incomplete (redrive: something still fails or was parked); 2 blocked (check).";

/// Below the options of `redrive`.
pub(super) const REDRIVE_HELP: &str = "\
Examples:
  mail-feedbackctl redrive --stack mail-feedback
      show what is there, why, and what to do
  mail-feedbackctl redrive --stack mail-feedback --send --yes
      switch it on, wait until everything is sent, switch it off; then show what failed again, and why
  mail-feedbackctl redrive --stack mail-feedback --parked --send --yes
      the parked messages, too
  mail-feedbackctl redrive --stack mail-feedback --delete ID …
      show messages; with --yes, delete them permanently
  mail-feedbackctl redrive --stack mail-feedback --off
      after a run that was killed

A look receives each message once, and so does each attempt of the function: after ten (maxReceiveCount), SQS parks the
message. `now` is the verdict of the function's own checks, run here with its settings; nothing is written.

Exit codes: 0 shown, deleted or off, or everything sent was recorded; 1 failed, or something still fails or was parked.";

/// Below the options of `unsubscribe-link`.
pub(super) const UNSUBSCRIBE_LINK_HELP: &str = "\
Example:
  aws secretsmanager get-secret-value --secret-id \"$UNSUBSCRIBE_SECRET_ARN\" --query SecretString --output text |
    mail-feedbackctl unsubscribe-link jane@example.com --scope list:own:weekly --host u.example.com

The link is made here, and nothing is looked up. Whoever has it can unsubscribe the address.";

/// Below the options of `import`.
pub(super) const IMPORT_HELP: &str = "\
Examples:
  mail-feedbackctl import --source old-system --file suppressions.csv --dry-run
  mail-feedbackctl import --source old-system --file suppressions.csv
  mail-feedbackctl import --source crm --at 2026-01-01 --column address=email --column reason=status < contacts.csv
  mail-feedbackctl import --source ses-console --format ses --at 2026-01-01 < bulk-import.csv
  mail-feedbackctl import --source mailjet-list --format mailjet --at 2026-01-01 --file exclusion-list.csv

csv is separated by commas. It needs a header row with the columns address and reason, in any order, or without one all
of address,scope,reason,since,at,until,provider,code. ses becomes hard_bounce and complaint for every send; mailjet becomes
provider_block for Mailjet. A soft_bounce for every send becomes manual, since that entry is counted. Each row that changes
something is an event in the history of its address.

since is when the suppression began; at is when it was last confirmed, if that is not the same. A row counts from its at,
else from its since, else from --at, and must have one of them: a lift after that time wins over the row. until is when the
suppression ends.

A list of another kind, or without times, is refused at its first line. Invalid rows are rejected, and so are those whose
stored record cannot be read; the first 20 are named. After Ctrl-C or a failure, the same command imports the rest.";

/// Below the options of `sync`.
pub(super) const SYNC_HELP: &str = "\
Examples:
  mail-feedbackctl sync ses                          show what only one side has
  mail-feedbackctl sync ses --apply here             import what only SES's list has
  mail-feedbackctl sync ses --apply there --tenant Acme

BOUNCE is compared with hard_bounce and COMPLAINT with complaint, of the scope * or, with --tenant, tenant:ses:TENANT.
`here` imports what only SES has, unless it was lifted here by hand since. `there` adds addresses that are suppressed
here without end, and removes what was lifted by hand after SES listed it; nothing else.

The first run reads SES's whole list, and so does the first with --apply here or both; later ones read what changed since.
After Ctrl-C, the same command goes on where it stopped.
SES takes one request a second: 1,000 entries to read, or one to put.";

/// Below the options of `export`.
pub(super) const EXPORT_HELP: &str = "\
Examples:
  mail-feedbackctl export > suppressions.csv
  mail-feedbackctl export --format ses > bulk-import.csv        (with --json: one JSON object per line)
  mail-feedbackctl export --format mailjet > exclusion-list.csv

ses takes hard_bounce and invalid_address as BOUNCE and complaint as COMPLAINT, of the scopes * and provider:ses; mailjet
takes every reason of the scopes * and provider:mailjet. What is left out is counted on standard error. Both contain the
exact addresses, for programs: do not open them in a spreadsheet. csv is safe for one: an apostrophe precedes what it would
run as a formula, and `import` removes the apostrophe.";

"""What the pages about change events give people to paste: the parts that need no emulator."""

import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime

import boto3
import page
import pytest
from botocore.exceptions import ClientError

QUEUE = "https://sqs.example.com/111122223333/failed"
TIME = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record(number: int) -> dict:
    """A record as boto3 returns it."""
    body = {"SequenceNumber": str(number), "ApproximateCreationDateTime": TIME}
    return {"eventSource": "aws:dynamodb", "eventName": "MODIFY", "dynamodb": body}


class Stream:
    """A stream with one shard, which answers with a given number of records per call, or with an error code."""

    def __init__(self, numbers: list[int], answers: list, is_closed: bool = False):
        self.numbers, self.answers, self.is_closed = numbers, list(answers), is_closed

    def get_shard_iterator(self, StreamArn, ShardId, ShardIteratorType, SequenceNumber):
        assert (StreamArn, ShardId, ShardIteratorType) == ("a stream", "a shard", "AT_SEQUENCE_NUMBER")
        if int(SequenceNumber) not in self.numbers:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
        return {"ShardIterator": str(self.numbers.index(int(SequenceNumber)))}

    def get_records(self, ShardIterator):
        size = self.answers.pop(0) if self.answers else 1000
        if isinstance(size, str):
            raise ClientError({"Error": {"Code": size}}, "GetRecords")
        place = int(ShardIterator)
        answer = {"Records": [record(number) for number in self.numbers[place : place + size]]}
        if not (self.is_closed and place + size >= len(self.numbers)):
            answer["NextShardIterator"] = str(min(place + size, len(self.numbers)))
        return answer


class Queue:
    """A queue whose messages can be received again at once, or never, as after their visibility timeout."""

    def __init__(self, pointers: list[dict], is_again: bool = False):
        self.waiting = {str(place): json.dumps({"DDBStreamBatchInfo": one}) for place, one in enumerate(pointers)}
        self.left, self.is_again = dict(self.waiting), is_again

    def receive_message(self, QueueUrl, MaxNumberOfMessages, VisibilityTimeout, WaitTimeSeconds):
        assert (QueueUrl, VisibilityTimeout) == (QUEUE, 600) and WaitTimeSeconds > 0
        taken = list(self.waiting)[:MaxNumberOfMessages]
        messages = [{"MessageId": one, "ReceiptHandle": one, "Body": self.waiting[one]} for one in taken]
        if not self.is_again:
            self.waiting = {one: body for one, body in self.waiting.items() if one not in taken}
        return {"Messages": messages} if messages else {}

    def delete_message(self, QueueUrl, ReceiptHandle):
        assert QueueUrl == QUEUE
        self.waiting.pop(ReceiptHandle, None)
        del self.left[ReceiptHandle]


def pointer(first: int, last: int, size: int) -> dict:
    """What Lambda writes about a batch, as far as it matters."""
    return {
        "streamArn": "a stream", "shardId": "a shard", "startSequenceNumber": str(first),
        "endSequenceNumber": str(last), "batchSize": size,
    }


@pytest.fixture
def saved(tmp_path, monkeypatch, capsys):
    """Runs the program of the runbook; returns the numbers of each saved batch, and the printed lines."""
    (code,) = page.blocks("runbook.md", "ChangesFailedAlarm", "python")

    def run(queue: Queue, stream: Stream) -> tuple[list[list[int]], list[str]]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["pointers.py", QUEUE])
        monkeypatch.setattr(boto3, "client", {"sqs": queue, "dynamodbstreams": stream}.__getitem__)
        mask = os.umask(0o022)
        try:
            exec(compile(code, "pointers.py", "exec"), {"__name__": "__main__"})
        finally:
            os.umask(mask)
        file = tmp_path / "batches.jsonl"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        batches = [json.loads(line)["Records"] for line in file.read_text().splitlines()]
        times = {one["dynamodb"]["ApproximateCreationDateTime"] for batch in batches for one in batch}
        assert times <= {TIME.isoformat()}
        numbers = [[int(one["dynamodb"]["SequenceNumber"]) for one in batch] for batch in batches]
        return numbers, capsys.readouterr().out.splitlines()

    return run


def test_short_and_empty_answers_are_followed_to_the_end_of_the_batch(saved):
    stream, queue = Stream(list(range(99, 120)), [2, 0, 1, 0, 0, 3, 50]), Queue([pointer(99, 110, 12)])
    assert saved(queue, stream) == ([list(range(99, 111))], ["99 12/12 "])
    assert queue.left == {}


def test_all_pointers_are_taken_and_only_complete_ones_deleted(saved):
    """A closed shard ends early, and the records of another pointer are gone."""
    complete = [pointer(number, number, 1) for number in range(10, 35)]
    queue = Queue([pointer(7, 9, 3), *complete, pointer(35, 40, 6)])
    batches, lines = saved(queue, Stream(list(range(10, 38)), [], is_closed=True))
    assert batches == [*([number] for number in range(10, 35)), [35, 36, 37]]
    assert (lines[0], lines[-1]) == ("7 0/3 TrimmedDataAccessException", "35 3/6 ")
    assert list(queue.left) == ["0", "26"]


def test_it_ends_if_only_incomplete_pointers_come_again(saved):
    queue = Queue([pointer(1, 2, 2), pointer(5, 6, 2)], is_again=True)
    batches, lines = saved(queue, Stream([5, 6], ["ExpiredIteratorException"]))
    assert (batches, lines) == ([], ["1 0/2 TrimmedDataAccessException", "5 0/2 ExpiredIteratorException"])
    assert list(queue.left) == ["0", "1"]


def test_what_was_read_before_an_error_is_saved(saved):
    queue = Queue([pointer(1, 4, 4)])
    batches, lines = saved(queue, Stream([1, 2, 3, 4], [2, "TrimmedDataAccessException"]))
    assert (batches, lines, list(queue.left)) == ([[1, 2]], ["1 2/4 TrimmedDataAccessException"], ["0"])


def test_the_page_says_what_to_save_as_each_file_that_a_command_reads():
    text = page.text("changes.md")
    saved = re.findall(r"save (?:there )?as\s+`([a-z-]+\.json)`", text, re.IGNORECASE)
    made = re.findall(r"> ([a-z-]+\.json)", text)
    read = re.findall(r"file://([a-z-]+\.json)|--rawfile policy ([a-z-]+\.json)", text)
    assert len(set(saved + made)) == len(saved + made) == 8
    assert {name for pair in read for name in pair if name} == set(saved + made)


def test_the_queue_for_what_the_crm_does_not_accept_admits_its_rule(tmp_path):
    _, policy = page.documents("changes.md", "A rule to an SQS queue")
    block = page.blocks("changes.md", "A rule to an SQS queue", "json")[1]
    (tmp_path / "crm-queue-policy.json").write_text(block)
    commands = page.blocks("changes.md", "An API destination: a CRM's webhook", "console")
    (command,) = [line for block in commands for line in block.splitlines() if line.startswith("sed ")]
    subprocess.run(["sh", "-euc", command], cwd=tmp_path, check=True)
    made = json.loads((tmp_path / "crm-undelivered-policy.json").read_text())
    (statement,) = policy["Statement"]
    statement["Resource"] = statement["Resource"].replace("crm-changes", "crm-undelivered")
    statement["Condition"]["ArnEquals"]["aws:SourceArn"] = "arn:aws:events:eu-west-1:111122223333:rule/mail-feedback/crm"
    assert made == policy

"""A whole stack with small functions: routes, queues, buckets, commands, restarts and ends."""

import base64
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[2]


def message(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()


def test_a_route_gets_the_event_and_the_templates_variables(toys: Any) -> None:
    with toys.http() as http:
        said = http.post("/open/a/b?x=1&x=2", json={"a": "ä"}, headers={"X-Custom": "y"}).json()
        environment = http.get("/open/x?do=environment").json()
    event = said["event"]
    assert event["routeKey"] == "ANY /open/{proxy+}"
    assert event["pathParameters"] == {"proxy": "a/b"}
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert json.loads(event["body"]) == {"a": "ä"}
    assert event["headers"]["x-custom"] == "y"
    assert environment["GREETING"] == "hello from eu-west-1"
    assert environment["WHERE"] == "here"
    assert environment["WORK_URL"] == toys.queue_url("Work")


def test_a_line_break_in_a_path_reaches_the_function(toys: Any) -> None:
    with toys.http() as http:
        event = http.get("/open/a%0Ab").json()["event"]
    assert event["pathParameters"] == {"proxy": "a\nb"}


def test_literal_before_greedy(toys: Any) -> None:
    with toys.http() as http:
        assert http.get("/open/named/x").json()["event"]["routeKey"] == "GET /open/named/{name}"


def test_binary_bodies_both_ways(toys: Any) -> None:
    body = bytes(range(256))
    with toys.http() as http:
        sent = http.post("/open/x", content=body, headers={"Content-Type": "image/png"})
        got = http.get("/open/x?do=bytes")
    event = sent.json()["event"]
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body
    assert (got.status_code, got.content) == (201, body)
    assert got.headers["content-type"] == "image/png"
    assert got.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    assert got.headers["apigw-requestid"]


def test_errors_have_the_gateways_own_shape(toys: Any) -> None:
    with toys.http() as http:
        assert message(http.get("/nowhere")) == (404, {"message": "Not Found"})
        assert message(http.post("/guarded")) == (404, {"message": "Not Found"})
        assert message(http.get("/open/x?do=raise")) == (500, {"message": "Internal Server Error"})
        assert message(http.get("/open/x?do=crash")) == (500, {"message": "Internal Server Error"})
        assert message(http.get("/open/x?do=bad")) == (500, {"message": "Internal Server Error"})
        assert message(http.get("/impatient?do=sleep&seconds=1")) == (
            503,
            {"message": "Service Unavailable"},
        )


@pytest.mark.parametrize(
    ("kind", "size", "status"),
    [
        ("text/plain", 5_000_000, 200),
        ("image/png", 4_200_000, 200),
        ("image/png", 5_000_000, 413),  # 6.7 MB in base64
        ("text/plain", 10_485_761, 413),
    ],
)
def test_too_large_bodies(toys: Any, kind: str, size: int, status: int) -> None:
    with toys.http() as http:
        said = http.post(
            "/open/x?do=environment", content=b"x" * size, headers={"Content-Type": kind}
        )
    assert said.status_code == status
    if status == 413:
        assert said.json() == {"message": "Request Entity Too Large"}


def test_curl_is_told_to_continue(toys: Any) -> None:
    """curl waits a second for it with bodies above a megabyte."""
    host, port = toys.base_url.removeprefix("http://").split(":")
    head = (
        f"POST /open/x?do=environment HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_bytes_that_are_no_text_reach_the_function_as_replacements(toys: Any) -> None:
    head = b"GET /open/%ff HTTP/1.1\r\nHost: x\r\nX-Odd: \xfe\r\nConnection: close\r\n\r\n"
    host, port = toys.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    event = json.loads(answer.partition(b"\r\n\r\n")[2])["event"]
    assert event["pathParameters"] == {"proxy": "\ufffd"}
    assert event["headers"]["x-odd"] == "\ufffd"


def test_a_compressed_body_stays_as_it_is(toys: Any) -> None:
    body = gzip.compress(b"{}")
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"}
    with toys.http() as http:
        event = http.post("/open/x", content=body, headers=headers).json()["event"]
    assert base64.b64decode(event["body"]) == body


def test_an_authorizer_decides_and_its_answer_is_kept(toys: Any) -> None:
    def guarded(http: httpx.Client, token: str) -> tuple[int, Any]:
        return message(http.get("/guarded", headers={"Authorization": token}))

    with toys.http() as http:
        assert message(http.get("/guarded")) == (401, {"message": "Unauthorized"})
        assert guarded(http, "bad") == (403, {"message": "Forbidden"})
        assert guarded(http, "broken") == (500, {"message": "Internal Server Error"})
        contexts = [
            guarded(http, token)[1]["event"]["requestContext"]["authorizer"]["lambda"]
            for token in ("good", "good", "good other", "good")
        ]
    calls = [each["calls"] for each in contexts]
    assert [each["token"] for each in contexts] == ["good", "good", "good other", "good"]
    assert calls == [calls[0], calls[0], calls[0] + 1, calls[0]]


def test_one_bad_message_fails_alone_and_dies_until_it_is_redriven(
    toys: Any, results: Any, eventually: Callable[..., Any], tmp_path: Path
) -> None:
    sqs, url = toys.aws("sqs"), toys.queue_url("Work")
    mended = tmp_path / "mended"
    bodies = ["a", f"fail {mended}", "b"]
    sqs.send_message_batch(
        QueueUrl=url,
        Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)],
    )
    eventually(lambda: len(results.of("worker")) == 2)
    assert sorted(each["worker"] for each in results.of("worker")) == ["a", "b"]
    assert {each["batch"] for each in results.of("worker")} == {3}

    eventually(lambda: waiting(sqs, toys.queue_url("DeadWork")) == 1)
    mended.touch()
    told = toys.backshop("redrive")
    assert told.returncode == 0, told.stderr
    assert "Work: 1 message put back" in told.stdout
    eventually(lambda: [each for each in results.of("worker") if each["worker"] == bodies[1]])
    assert waiting(sqs, toys.queue_url("DeadWork")) == 0
    assert "Work: 0 messages put back" in toys.backshop("redrive").stdout


def test_groups_of_a_fifo_queue_stay_in_order(
    toys: Any, results: Any, eventually: Callable[..., Any]
) -> None:
    sqs, url = toys.aws("sqs"), toys.queue_url("Ordered.fifo")
    for number in range(6):
        for group in "abc":
            sqs.send_message(
                QueueUrl=url,
                MessageBody=f"{group} {number}",
                MessageGroupId=group,
                MessageDeduplicationId=f"{group}{number}",
            )
    eventually(lambda: len(results.of("ordered")) == 18, 40)
    for group in "abc":
        said = [each["ordered"] for each in results.of("ordered") if each["group"] == group]
        assert said == [f"{group} {number}" for number in range(6)]


def test_a_stored_object_calls_its_function(
    toys: Any, results: Any, eventually: Callable[..., Any]
) -> None:
    s3 = toys.aws("s3")
    s3.put_object(Bucket="backshop-bucket", Key="out/not this", Body=b"no")
    s3.put_object(Bucket="backshop-bucket", Key="in/a b+ä.txt", Body=b"hello")
    post = s3.generate_presigned_post("backshop-bucket", "in/posted", ExpiresIn=60)
    answer = httpx.post(post["url"], data=post["fields"], files={"file": b"a selfie"})
    assert answer.status_code == 204
    eventually(lambda: len(results.of("stored")) == 2)
    assert sorted((each["stored"], each["body"]) for each in results.of("stored")) == [
        ("in/a b+ä.txt", "hello"),
        ("in/posted", "a selfie"),
    ]


def test_a_bucket_has_the_templates_settings(toys: Any) -> None:
    s3, bucket = toys.aws("s3"), {"Bucket": "backshop-bucket"}
    [cors] = s3.get_bucket_cors(**bucket)["CORSRules"]
    assert (cors["AllowedMethods"], cors["MaxAgeSeconds"]) == (["POST"], 600)
    [rule] = s3.get_bucket_lifecycle_configuration(**bucket)["Rules"]
    assert (rule["Filter"], rule["Expiration"]) == ({"Prefix": "in/"}, {"Days": 1})
    [encrypted] = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encrypted["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_what_an_asynchronous_call_fails_on_for_good_is_kept(
    toys: Any, results: Any, eventually: Callable[..., Any]
) -> None:
    url = f"{toys.base_url}/2015-03-31/functions/fragile/invocations"
    said = httpx.post(url, json={"n": 1}, headers={"X-Amz-Invocation-Type": "Event"})
    assert said.status_code == 202
    sqs, failures = toys.aws("sqs"), toys.queue_url("Failures")
    [kept] = eventually(
        lambda: sqs.receive_message(QueueUrl=failures, WaitTimeSeconds=1).get("Messages")
    )
    record = json.loads(kept["Body"])
    assert record["requestPayload"] == {"n": 1}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responsePayload"]["errorType"]
    assert len(results.of("fragile")) == 2, (
        "the template asks for one more try, where three are usual"
    )


def test_a_function_is_called_by_its_alias_and_by_no_other(toys: Any) -> None:
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:"
    calls = f"{toys.base_url}/2015-03-31/functions"

    def status(function: str) -> int:
        return httpx.post(f"{calls}/{function}/invocations", json={}).status_code

    for there in ("echo", "echo:live", f"{arn}echo", f"{arn}echo:live", "echo:$LATEST"):
        assert status(there) == 200, there
    for gone in ("echo:next", f"{arn}echo:next", "ordered:live", "live", "nobody"):
        assert status(gone) == 404, gone


def test_invoke_prints_the_answer_or_says_what_is_wrong(toys: Any, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"from": "a file"}')
    good = toys.command("invoke", "echo", str(file))
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["event"] == {"from": "a file"}

    failed = toys.command("invoke", "echo", '{"do": "raise"}')
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["errorMessage"] == "on purpose"
    assert "backshop logs echo" in failed.stderr

    for arguments, why in (
        (("nowhere",), "there are checker, echo"),
        (("echo", "missing.json"), "missing.json cannot be read"),
        (("echo", "{"), "the event is no JSON"),
    ):
        wrong = toys.command("invoke", *arguments)
        assert wrong.returncode == 1
        assert why in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_logs_shows_what_functions_wrote(toys: Any) -> None:
    toys.command("invoke", "echo", '{"do": "raise"}')
    said = toys.backshop("logs", "echo", "-n", "30")
    assert "[ERROR] ValueError: on purpose" in said.stdout
    unknown = toys.backshop("logs", "nowhere")
    assert unknown.returncode == 3
    assert "there are logs of " in unknown.stderr


def test_inboxes_show_the_newest_first(toys: Any) -> None:
    toys.aws("sns").publish(PhoneNumber="+94700000001", Message="first")
    toys.aws("sns").publish(PhoneNumber="+94700000001", Message="second")
    toys.aws("ses").verify_email_identity(EmailAddress="shop@example.com")
    toys.aws("ses").send_email(
        Source="shop@example.com",
        Destination={"ToAddresses": ["alice@example.com"]},
        Message={"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "a link"}}},
    )
    with toys.http() as http:
        provider = "/local/sms-providers/notify_lk/api/v1/send"
        sent = http.post(provider, data={"to": "94700000002", "message": "third"})
        assert sent.json()["status"] == "success"
        sms = http.get("/local/sms").json()
        [mail] = http.get("/local/mail").json()
    assert [(each["to"], each["text"], each["via"]) for each in sms] == [
        ("94700000002", "third", "notify_lk"),
        ("+94700000001", "second", "sns"),
        ("+94700000001", "first", "sns"),
    ]
    assert (mail["to"], mail["subject"], mail["text"]) == (
        ["alice@example.com"],
        "Hello",
        "a link",
    )


def test_concurrent_requests_are_served_side_by_side(toys: Any) -> None:
    with toys.http() as http, ThreadPoolExecutor(4) as threads:
        ask = "/open/x?do=sleep&seconds=1"
        said = list(threads.map(lambda _: http.get(ask).json(), range(4)))
    # One after the other they would be served by the one that is free again.
    assert len({each["pid"] for each in said}) == 4


def test_only_loopback_is_listened_on(toys: Any) -> None:
    family = [psutil.Process(toys.process.pid), *toys.family()]
    addresses = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_a_restart_keeps_keys_messages_and_objects(
    state: Path, launch_toys: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    first = launch_toys(state)
    key = first.about["keys"]
    context = {"connector": "1"}
    sealed = first.aws("kms").encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)
    first.aws("s3").put_object(Bucket="backshop-bucket", Key="kept", Body=b"whole")
    first.aws("sqs").send_message(QueueUrl=first.queue_url("DeadWork"), MessageBody="kept")
    secret = first.aws("secretsmanager").get_secret_value(SecretId="backshop/Secret")
    assert first.stop() == 0
    assert not (state / "stack.json").exists()

    second = launch_toys(state)
    try:
        assert second.about["keys"] == key
        opened = second.aws("kms").decrypt(
            CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context
        )
        assert opened["Plaintext"] == b"x"
        stored = second.aws("s3").get_object(Bucket="backshop-bucket", Key="kept")
        assert stored["Body"].read() == b"whole"
        received = second.aws("sqs").receive_message(QueueUrl=second.queue_url("DeadWork"))
        assert [each["Body"] for each in received["Messages"]] == ["kept"]
        again = second.aws("secretsmanager").get_secret_value(SecretId="backshop/Secret")
        assert again["SecretString"] == secret["SecretString"]
    finally:
        second.stop()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_the_end_leaves_no_process(
    state: Path, launch_toys: Callable[..., Any], how: signal.Signals
) -> None:
    """Whether by Ctrl-C or by closing the terminal, and while a call is under way."""
    running = launch_toys(state)
    with running.http() as http, ThreadPoolExecutor(1) as threads:
        http.get("/open/x")
        family = running.family()
        names = " ".join(" ".join(each.cmdline()) for each in family)
        assert all(part in names for part in ("postgres", "ministack", "awslambdaric"))
        slow = threads.submit(http.get, "/open/x?do=sleep&seconds=1.5")
        time.sleep(0.3)
        running.process.send_signal(how)
        time.sleep(0.2)
        assert running.stop(how) == 0
        assert slow.exception() is not None or slow.result().status_code == 200
    assert not [each for each in family if each.is_running()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a death")
def test_a_killed_stack_takes_everything_with_it_and_starts_again(
    state: Path, launch_toys: Callable[..., Any]
) -> None:
    running = launch_toys(state)
    with running.http() as http:
        http.get("/open/x")
    key = running.about["keys"]
    sealed = running.aws("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    family = running.family()
    running.process.kill()
    running.process.wait()
    _, alive = psutil.wait_procs(family, timeout=15)
    assert not [each.cmdline() for each in alive]
    again = launch_toys(state)
    try:
        assert again.aws("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    finally:
        again.stop()


def start_anyway(toys: Any, state: Path, port: int) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parent / "data" / "serve_toys.py"
    python = ROOT / ".venv-aws" / "bin" / "python"
    return subprocess.run(
        [sys.executable, str(script), str(state), str(port), "/dev/null", str(python)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_told_with_the_next_step(toys: Any, state: Path) -> None:
    port = int(toys.base_url.rpartition(":")[2])
    said = start_anyway(toys, state, port)
    assert said.returncode == 1
    assert f"port {port} is taken: try `make run PORT={port + 1000}`" in said.stderr
    assert "Traceback" not in said.stderr


def test_one_folder_serves_one_stack(toys: Any) -> None:
    before = toys.about
    said = start_anyway(toys, toys.state, 0)
    assert said.returncode == 1
    assert "a stack is running" in said.stderr
    assert toys.about == before
    refused = toys.command("reset")
    assert refused.returncode == 1
    assert "stop it with Ctrl-C first" in refused.stderr


def test_reset_asks_on_a_terminal(tmp_path: Path) -> None:
    import pty

    def reset(answer: str, *options: str) -> str:
        terminal, end = pty.openpty()
        try:
            os.write(terminal, f"{answer}\n".encode())
            return subprocess.run(
                [sys.executable, "-m", "local", "--state", str(state), "reset", *options],
                cwd=ROOT,
                stdin=end,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            ).stdout
        finally:
            os.close(end)
            os.close(terminal)

    state = tmp_path / "state"
    state.mkdir()
    end_of_file = "\x04"
    for answer in ("no", "", "y", end_of_file):
        said = reset(answer)
        assert f"{state} holds the local database, the demo shops" in said
        assert "nothing was deleted" in said
        assert state.exists()
    assert "deleted;" in reset("yes")
    assert not state.exists()
    state.mkdir()
    assert "yes/no" not in reset("", "--force")
    assert not state.exists()


def test_what_cannot_be_parsed_is_not_logged(toys: Any) -> None:
    host, port = toys.base_url.removeprefix("http://").split(":")
    key = b"bs_staff_" + b"k3y" * 4000
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            b"GET /toys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + b"\r\n\r\n"
        )
        assert b" 400 " in connection.recv(100)
    logged = toys.output.read_text()
    assert "LineTooLong" in logged
    assert "bs_staff_" not in logged
    assert "k3yk3y" not in logged


def test_commands_without_a_stack_say_so(toys: Any, state: Path) -> None:
    for command in (["demo"], ["invoke", "echo"]):
        said = subprocess.run(
            [sys.executable, "-m", "local", "--state", str(state), *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 1
        assert "no stack is running: start one with `make run`" in said.stderr


def waiting(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(map(int, said.values()))

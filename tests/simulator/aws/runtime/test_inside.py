"""Time, chance and network as the handler meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.http import HttpRequest, HttpResponse

pytestmark = pytest.mark.process
Make = Callable[..., Any]


def test_every_clock_is_the_worlds(make: Make) -> None:
    function = make("""
        import datetime, time
        def clocks():
            return [time.time(), datetime.datetime.now(datetime.timezone.utc).timestamp(),
                    datetime.datetime.now().isoformat(), time.time_ns(), time.strftime("%H:%M:%S")]
        def handler(event, context):
            steady, precise = time.monotonic(), time.perf_counter()
            before = clocks()
            for _ in range(200_000):
                pass
            assert clocks() == before
            time.sleep(3600)
            return [before, clocks(), time.monotonic() - steady, time.perf_counter() - precise]
    """)
    function.init()
    function.calls.now += 1.25
    before, after, steady, precise = function.value()
    assert before == [1700000001.25, 1700000001.25, "2023-11-14T22:13:21.250000",
                      1700000001250000000, "22:13:21"]  # fmt: skip
    assert after == [1700003601.25, 1700003601.25, "2023-11-14T23:13:21.250000",
                     1700003601250000000, "23:13:21"]  # fmt: skip
    assert (steady, precise) == (3600, 3600)


def test_bad_sleeps_are_pythons_own_errors(run: Make) -> None:
    code = """
        import time
        def handler(event, context):
            names = []
            for value in (-1, float("nan"), "1", 1e300):
                try:
                    time.sleep(value)
                except Exception as error:
                    names.append(type(error).__name__)
            return names
    """
    assert run(code) == ["ValueError", "ValueError", "TypeError", "OverflowError"]


@pytest.mark.parametrize(
    "wait",
    [
        "threading.Event().wait(30)",
        "asyncio.run(asyncio.sleep(30))",
        "idle().join(30)",
        "pytest_raises(queue.Empty, lambda: queue.Queue().get(timeout=30))",
    ],
)
def test_waits_take_virtual_time(run: Make, wait: str) -> None:
    code = f"""
        import asyncio, queue, threading, time
        def pytest_raises(kind, act):
            try:
                act()
            except kind:
                return
            raise AssertionError
        def idle():
            thread = threading.Thread(target=threading.Event().wait, daemon=True)
            thread.start()
            return thread
        def handler(event, context):
            before = time.time()
            {wait}
            return time.time() - before
    """
    assert run(code) == 30


def test_threads_never_interleave_frames(make: Make) -> None:
    function = make("""
        import time, urllib.request
        from concurrent.futures import ThreadPoolExecutor
        def ask(n):
            time.sleep(0.5)
            return urllib.request.urlopen(f"http://host/{n}").read().decode()
        def handler(event, context):
            with ThreadPoolExecutor(8) as pool:
                return list(pool.map(ask, range(50)))
    """)
    function.calls.answer = lambda request: HttpResponse(200, {}, request.url.encode())
    function.init()
    assert function.value() == [f"http://host/{n}" for n in range(50)]


THREADS = """
    import asyncio, queue, threading, time, urllib.request
    from concurrent.futures import ThreadPoolExecutor
    def ask(n):
        time.sleep(0.5)
        first = urllib.request.urlopen(f"http://host/{n}").read().decode()
        time.sleep(n / 100)
        urllib.request.urlopen(f"http://host/{n}/again")
        return first
    def pool():
        with ThreadPoolExecutor(8) as workers:
            return len(list(workers.map(ask, range(50))))
    def relay():
        first, second = queue.Queue(1), queue.Queue(1)
        def work():
            while (item := first.get()) is not None:
                time.sleep(1)
                second.put(item * 2)
        worker = threading.Thread(target=work)
        worker.start()
        got = []
        for n in range(5):
            first.put(n)
            got.append(second.get(timeout=3))
        first.put(None)
        worker.join()
        return got
    def locked():
        lock, order = threading.RLock(), []
        def work(name):
            for _ in range(2):
                with lock, lock:
                    order.append(name)
                    time.sleep(1)
        threads = [threading.Thread(target=work, args=(n,)) for n in "abc"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        return "".join(order)
    def tasks():
        async def main():
            async def one(n):
                await asyncio.sleep(n)
                return await asyncio.to_thread(lambda: time.sleep(n) or n)
            return await asyncio.gather(one(1), one(2), one(3))
        return asyncio.run(main())
    def late():
        event = threading.Event()
        threading.Timer(7, event.set).start()
        return [event.wait(5), event.wait(5)]
    def failing():
        with ThreadPoolExecutor(2) as workers:
            return type(workers.submit(lambda: 1 / 0).exception()).__name__
    def handler(event, context):
        begun = time.time()
        return [globals()[event](), time.time() - begun]
"""


@pytest.mark.parametrize(
    ("what", "result", "took_s"),
    [
        ("relay", [0, 2, 4, 6, 8], 5),
        ("locked", "aabbcc", 6),
        ("tasks", [1, 2, 3], 6),
        ("late", [False, True], 7),
        ("failing", "ZeroDivisionError", 0),
    ],
)
def test_threads_wait_together_in_virtual_time(
    make: Make, what: str, result: object, took_s: float
) -> None:
    function = make(THREADS)
    function.init()
    value, took = function.value(what)
    if what == "locked":  # who gets a lock that many wait for is a matter of fairness, not chance
        value = "".join(sorted(value))
    assert value == result
    assert took == pytest.approx(took_s)


def test_threads_call_in_an_order_that_repeats(make: Make) -> None:
    function = make(THREADS)
    orders = []
    for _ in range(3):
        function.init()
        function.calls.requests.clear()
        assert function.value("pool")[0] == 50
        orders.append([request.url for request, _ in function.calls.requests])
    assert orders[0] == orders[1] == orders[2]
    assert len(orders[0]) == 100


def test_threads_that_wait_for_each_other_wait_for_the_timeout(make: Make) -> None:
    class TimedOutError(Exception):
        pass

    function = make("""
        import threading
        def handler(event, context):
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()
    """)
    function.init()

    def sleep(seconds: float) -> None:
        assert seconds > 900
        raise TimedOutError

    function.calls.sleep = sleep
    with pytest.raises(TimedOutError):
        function()


def test_a_background_thread_is_frozen_between_invocations(make: Make) -> None:
    function = make("""
        import threading, time
        count = 0
        def work():
            global count
            while True:
                time.sleep(1)
                count += 1
        threading.Thread(target=work, daemon=True).start()
        def handler(event, context):
            time.sleep(event)
            return count
    """)
    function.init()
    assert function.value(3.5) == 3
    assert function.value(0) == 3
    assert function.value(1) == 4


CHANCE = """
    import os, random, secrets, tempfile, uuid
    def handler(event, context):
        return [random.random(), random.Random().random(), os.urandom(4).hex(), secrets.token_hex(),
                random.SystemRandom().random(), str(uuid.uuid4()), str(uuid.uuid1()),
                os.path.basename(tempfile.mktemp()), hash("a"), [object.__hash__(handler) > 0]]
"""


def test_chance_repeats_under_the_same_seed(run: Make) -> None:
    first, again, other = run(CHANCE, seed=1), run(CHANCE, seed=1), run(CHANCE, seed=2)
    assert first == again
    assert not set(map(str, first[:6])) & set(map(str, other[:6]))


def test_a_warm_environment_goes_on_where_it_was(make: Make) -> None:
    function = make("import uuid\ndef handler(e, c): return str(uuid.uuid4())")
    function.init()
    ids = [function.value() for _ in range(3)]
    assert len(set(ids)) == 3
    function.init()
    assert [function.value() for _ in range(3)] == ids


def test_boto3_reaches_the_world(make: Make) -> None:
    function = make("""
        import boto3
        sqs = boto3.client("sqs")
        def handler(event, context):
            url = "http://localhost:4566/q"
            return sqs.send_message(QueueUrl=url, MessageBody=event)["MessageId"]
    """)
    body = b'{"MessageId": "m-1", "MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592"}'
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    function.calls.answer = lambda request: HttpResponse(200, headers, body)
    assert function.init().kind == "ok"
    assert function.value("hello") == "m-1"
    ((request, timeout_s),) = function.calls.requests
    assert (request.method, request.url) == ("POST", "http://localhost:4566/")
    assert request.headers["X-Amz-Target"] == "AmazonSQS.SendMessage"
    assert b'"MessageBody": "hello"' in request.body
    assert "20231114" in request.headers["Authorization"]
    assert timeout_s == 60


def test_boto3_reads_errors_and_streams(make: Make) -> None:
    function = make("""
        import boto3, botocore.exceptions
        def handler(event, context):
            s3 = boto3.client("s3")
            try:
                return s3.get_object(Bucket="b", Key="k")["Body"].read().decode()
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
    """)
    function.init()
    function.calls.answer = lambda request: HttpResponse(200, {"ETag": '"x"'}, b"content")
    assert function.value() == "content"
    error = b"<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"
    function.calls.answer = lambda request: HttpResponse(404, {}, error)
    assert function.value() == "NoSuchKey"


def test_boto3_retries_in_virtual_time_when_refused(make: Make) -> None:
    function = make("""
        import boto3, botocore.exceptions, time
        def handler(event, context):
            try:
                boto3.client("sts").get_caller_identity()
            except botocore.exceptions.EndpointConnectionError:
                return time.time()
    """)

    def refuse(request: HttpRequest) -> HttpResponse:
        raise ConnectionRefusedError(111, "Connection refused")

    function.calls.answer = refuse
    function.init()
    assert function.value() == function.calls.now > 1_700_000_000
    assert len(function.calls.requests) > 1


HTTP = """
    import http.client, json, urllib.error, urllib.request, urllib3
    def by_urllib(url, data):
        return urllib.request.urlopen(url, data=data, timeout=5).read()
    def by_urllib3(url, data):
        return urllib3.PoolManager(retries=False).request("POST", url, body=data, timeout=5.0).data
    def by_client(url, data):
        secure, _, host = url.partition("://")
        kind = http.client.HTTPSConnection if secure == "https" else http.client.HTTPConnection
        connection = kind(host.split("/")[0], timeout=5)
        connection.request("POST", "/" + host.split("/", 1)[1], body=iter([data[:2], data[2:]]),
                           headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
        return connection.getresponse().read()
    def handler(event, context):
        try:
            return globals()[event["by"]](event["url"], b"abcdef").decode()
        except Exception as error:
            return type(error).__name__ + " " + type(getattr(error, "reason", None)).__name__
"""


@pytest.mark.parametrize("by", ["by_urllib", "by_urllib3", "by_client"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_plain_http_reaches_any_host(make: Make, by: str, scheme: str) -> None:
    function = make(HTTP)
    function.calls.answer = lambda request: HttpResponse(200, {"X": "y"}, request.body[::-1])
    function.init()
    assert function.value({"by": by, "url": f"{scheme}://pay.example:8080/charge?a=1"}) == "fedcba"
    ((request, timeout_s),) = function.calls.requests
    assert (request.method, request.url) == ("POST", f"{scheme}://pay.example:8080/charge?a=1")
    assert timeout_s == 5


def test_refused_and_timed_out_look_as_on_a_real_network(make: Make) -> None:
    function = make(HTTP)

    def answer(request: HttpRequest) -> HttpResponse:
        if "slow" in request.url:
            raise TimeoutError("timed out")
        raise ConnectionRefusedError(111, "Connection refused")

    function.calls.answer = answer
    function.init()
    seen = [
        function.value({"by": by, "url": f"http://{host}/"})
        for by in ("by_urllib", "by_urllib3", "by_client")
        for host in ("gone", "slow")
    ]
    assert seen == [
        "URLError ConnectionRefusedError", "TimeoutError NoneType",
        "NewConnectionError NoneType", "ReadTimeoutError NoneType",
        "ConnectionRefusedError NoneType", "TimeoutError NoneType",
    ]  # fmt: skip

#!/usr/bin/env python3
"""Real servers for the sinks, from pinned packages: a Kafka cluster inside librdkafka, an OpenTelemetry collector.

`servers.py install` makes their environment ready; `servers.py run` starts both, says in one line of JSON where they are,
answers `{"topic", "count"}` on standard input with the messages of that topic, and ends with its standard input.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".tools" / "sinks"
PYTHON = HOME / "bin" / "python"
PACKAGES = ("confluent-kafka==2.16.1", "rotel==0.0.1a15", "typing-extensions==4.16.0")


def install():
    marker, wanted = HOME / "ready", hashlib.sha256("\n".join((sys.version, *PACKAGES)).encode()).hexdigest()
    if PYTHON.exists() and marker.exists() and marker.read_text() == wanted:
        return
    print(f"servers for the sinks: installing into {HOME.relative_to(ROOT)} …", flush=True)
    shutil.rmtree(HOME, ignore_errors=True)
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    for command in ([sys.executable, "-m", "venv", HOME], [*pip, *PACKAGES]):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        if done.returncode != 0:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no further message"]
            sys.exit(f"the servers for the sinks cannot be installed ({last[0].strip()}): check the network, PyPI, python3-venv")
    marker.write_text(wanted)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def collector(brokers):
    """Takes OTLP over HTTP and hands everything to the Kafka cluster, as JSON."""
    import rotel

    port = free_port()
    command = [str(Path(rotel.__file__).parent / "rotel-agent"), "start"]
    command += ["--otlp-http-endpoint", f"127.0.0.1:{port}", "--otlp-grpc-endpoint", f"127.0.0.1:{free_port()}"]
    command += ["--exporter", "kafka", "--kafka-exporter-brokers", ",".join(brokers), "--kafka-exporter-format", "json"]
    command += ["--kafka-exporter-traces-topic", "otlp-traces", "--kafka-exporter-logs-topic", "otlp-logs"]
    command += ["--disable-batching"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}"
        time.sleep(0.1)
    process.kill()
    sys.exit("the OpenTelemetry collector did not start")


def messages(brokers, topic, count):
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": ",".join(brokers), "group.id": "tests", "enable.auto.commit": False})
    found, partitions, end = [], {}, time.monotonic() + 20
    while not partitions and time.monotonic() < end:
        # Of a topic that nobody has written to yet there is nothing; asking for it makes it.
        partitions = consumer.list_topics(topic, timeout=60).topics[topic].partitions
        time.sleep(0 if partitions else 0.2)
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    while len(found) < count and time.monotonic() < end:
        message = consumer.poll(0.5)
        if message is None or message.error():
            continue
        text = lambda part: None if part is None else part.decode()  # noqa: E731
        headers = {name: text(value) for name, value in message.headers() or []}
        found.append(
            {"key": text(message.key()), "value": text(message.value()), "headers": headers, "partition": message.partition()}
        )
    consumer.close()
    return found


def run():
    from confluent_kafka import Producer

    cluster = Producer({"test.mock.num.brokers": 3, "log_level": 0})
    brokers = [f"{broker.host}:{broker.port}" for broker in cluster.list_topics(timeout=60).brokers.values()]
    process, otlp = collector(brokers)
    try:
        print(json.dumps({"brokers": brokers, "otlp": otlp}), flush=True)
        for line in sys.stdin:
            wanted = json.loads(line)
            print(json.dumps(messages(brokers, wanted["topic"], wanted["count"])), flush=True)
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    if sys.argv[1:] == ["install"]:
        install()
    elif os.path.realpath(sys.prefix) != os.path.realpath(HOME):
        os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])
    else:
        run()

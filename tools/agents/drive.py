"""Drives `ackord channel` with the official Python SDK. It drops notifications that it does not know, so it is a
deaf host: its events come by `event_next`. What it wants of the cluster, and what it sees, goes to the standard
output, a line each."""

import json
import os
import re
import signal
import sys

import anyio
from mcp import Client, StdioServerParameters


def say(line):
    print(json.dumps(line), flush=True)


def ask(line):
    say(line)
    return json.loads(sys.stdin.readline())


def proved(what):
    say({"do": "proved", "what": what})


def submit(kind):
    return ask({"do": "submit", "type": kind})["event"]


NAMES = ["ACKORD_SERVER", "ACKORD_TOKEN_FILE", "ACKORD_TAG"]
START = StdioServerParameters(
    command=os.environ["ACKORD"],
    args=["channel"],
    env={name: os.environ[name] for name in NAMES}
    | {"ACKORD_SESSION": "python", "ACKORD_LOG": "error"},
)


def adapter():
    """The adapter's process: a child of this one."""
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as file:
        children = file.read().split()
    assert len(children) == 1, children
    return int(children[0])


async def call(client, name, arguments=None):
    result = await client.call_tool(name, arguments or {})
    return result.content[0].text, bool(result.is_error)


async def ok(client, name, arguments=None):
    text, is_error = await call(client, name, arguments)
    assert not is_error, f"{name}: {text}"
    return text


async def pull(client, event):
    """The next event, which must be this one; its delivery."""
    while True:
        text, is_error = await call(client, "event_next", {"wait_seconds": 60})
        if not is_error and text.startswith("Event "):
            break
    assert event in text and "\nthe body\n" in text, text
    delivery = int(re.search(r"delivery (\d+)", text)[1])
    say({"do": "saw", "event": event, "delivery": delivery, "process": adapter()})
    return delivery


async def ack(client, event, delivery):
    arguments = {"event_id": event, "delivery": delivery, "summary": "done"}
    await ok(client, "event_ack", arguments)
    say({"do": "acked", "event": event, "delivery": delivery})


async def main():
    async with Client(START) as client:
        assert client.protocol_version < "2026-07-28", client.protocol_version
        tools = (await client.list_tools()).tools
        assert len(tools) == 32, len(tools)
        proved("a client that probes first falls back to the handshake")

        event = submit("pulled")
        await ack(client, event, await pull(client, event))
        event = submit("pulled-again")
        delivery = await pull(client, event)
        assert await pull(client, event) == delivery, "one at a time"
        ask({"do": "kill_leader"})
        await ack(client, event, delivery)
        ask({"do": "start_all"})
        proved("a deaf host gets its events by asking, through a change of the leader")

        held = submit("held")
        first = await pull(client, held)
        os.kill(adapter(), signal.SIGKILL)

    async with Client(START) as client:
        second = await pull(client, held)
        assert second == first + 1, (first, second)
        text, is_error = await call(client, "event_ack", {"event_id": held, "delivery": first})
        assert is_error, text
        await ack(client, held, second)
        proved("the adapter killed with -9: the event is pulled again, fenced")


anyio.run(main)

"""Signs with what providers publish for Python, and sends to each node in turn. What was answered goes
to the standard output, a line each."""

import itertools
import json
import os
import urllib.error
import urllib.request
from datetime import datetime, timezone

import stripe
from standardwebhooks.webhooks import Webhook as Standard
from svix.webhooks import Webhook as Svix

URLS = itertools.cycle(os.environ["URLS"].split(","))
SOURCES = json.loads(os.environ["SOURCES"])


def send(sender, source, name, body, headers):
    request = urllib.request.Request(
        next(URLS) + SOURCES[source]["path"],
        data=body.encode(),
        headers={"content-type": "application/json", **headers},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request) as answer:
            status, events = answer.status, json.load(answer)["events"]
    except urllib.error.HTTPError as error:
        status, events = error.code, []
    print(json.dumps({"sender": sender, "name": name, "status": status, "events": events}))


def signed(sender, source, name, body, sign, tampered):
    headers = sign(body)
    send(sender, source, name, body, headers)
    if tampered:
        # A body that is not what was signed.
        send(sender, source, "tampered", body.replace("{", "{ ", 1), headers)


for sender, library, source, prefix in [
    ("standardwebhooks (PyPI)", Standard, "standard", "webhook"),
    ("svix (PyPI)", Svix, "svix", "svix"),
]:
    webhook = library(SOURCES[source]["secret"])
    for at in range(20):

        def sign(body):
            now, msg = datetime.now(tz=timezone.utc), f"msg_pypi_{at}"
            return {
                f"{prefix}-id": msg,
                f"{prefix}-timestamp": str(int(now.timestamp())),
                f"{prefix}-signature": webhook.sign(msg, now, body),
            }

        body = json.dumps({"type": "invoice.paid", "data": {"at": at, "of": sender}})
        signed(sender, source, "invoice.paid", body, sign, at == 0)

for at in range(20):
    body = json.dumps({"id": f"evt_pypi_{at}", "type": "charge.succeeded", "object": "event"})
    header = stripe.WebhookSignature.generate_signature_header
    secret = SOURCES["stripe"]["secret"]
    signed(
        "stripe (PyPI)",
        "stripe",
        "charge.succeeded",
        body,
        lambda it: {"stripe-signature": header(it, secret)},
        at == 0,
    )

"""The signature of Standard Webhooks, as its own library reads it."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from bot.tools.standard_webhooks import read_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_what_is_signed_is_taken_and_what_was_changed_is_not() -> None:
    headers = signed_headers(read_secret(SECRET), "run-1.7", int(time.time()), '{"a": "é"}'.encode())
    assert Webhook(SECRET).verify('{"a": "é"}', headers) == {"a": "é"}
    for changed in (
        (headers, '{"a": "e"}'),
        ({**headers, "webhook-id": "run-1.8"}, '{"a": "é"}'),
        ({**headers, "webhook-timestamp": str(int(time.time()) - 1)}, '{"a": "é"}'),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(changed[1], changed[0])


def test_the_signature_is_that_of_the_specification() -> None:
    headers = signed_headers(read_secret(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_not base64, and long enough to be a secret",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_é",
    ],
)
def test_another_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="it must be whsec_ and the base64 of 24 to 64 bytes") as error:
        read_secret(secret)
    assert len(secret) < 7 or secret not in str(error.value)

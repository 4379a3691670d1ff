"""What packets of the JSON mesh are called in lists; envelopes may name kinds beyond these."""

from __future__ import annotations

from typing import Final

KINDS: Final = (
    "text",
    "ack",
    "presence",
    "announce",
    "chunk",
    "chunk-request",
    "cashu",
    "btc_tx",
    "audio",
    "image",
    "gif",
    "lora-in",
    "lora-out",
    "empty",
    "unknown",
)

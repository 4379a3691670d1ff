"""Reads what the packet capture service is told (`model/capture.py` holds the values)."""

from meshtui.model.capture import INI_SECTION, MAX_BROKERS, BrokerConfig, CaptureConfig

__all__ = ["INI_SECTION", "MAX_BROKERS", "BrokerConfig", "CaptureConfig"]

"""The words of the companion protocol: commands, answers, pushes, errors, and their numbers."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

MAX_FRAME_BYTES: Final = 176
PUBLIC_KEY_BYTES: Final = 32
PREFIX_BYTES: Final = 6
FIRST_PUSH: Final = 0x80
PATH_UNKNOWN: Final = 0xFF  # as out_path: flood; as the path_len of a text: it came direct
OUR_PROTOCOL_VERSION: Final = 3  # texts come with their SNR from here on


class Command(IntEnum):
    """Byte 0 of what a program writes to a radio."""

    APP_START = 1
    SEND_TXT_MSG = 2
    SEND_CHANNEL_TXT_MSG = 3
    GET_CONTACTS = 4
    GET_DEVICE_TIME = 5
    SET_DEVICE_TIME = 6
    SEND_SELF_ADVERT = 7
    SET_ADVERT_NAME = 8
    ADD_UPDATE_CONTACT = 9
    SYNC_NEXT_MESSAGE = 10
    SET_RADIO_PARAMS = 11
    SET_RADIO_TX_POWER = 12
    RESET_PATH = 13
    SET_ADVERT_LATLON = 14
    REMOVE_CONTACT = 15
    SHARE_CONTACT = 16
    EXPORT_CONTACT = 17
    IMPORT_CONTACT = 18
    REBOOT = 19
    GET_BATT_AND_STORAGE = 20
    SET_TUNING_PARAMS = 21
    DEVICE_QUERY = 22
    EXPORT_PRIVATE_KEY = 23
    IMPORT_PRIVATE_KEY = 24
    SEND_RAW_DATA = 25
    SEND_LOGIN = 26
    SEND_STATUS_REQ = 27
    HAS_CONNECTION = 28
    LOGOUT = 29
    GET_CONTACT_BY_KEY = 30
    GET_CHANNEL = 31
    SET_CHANNEL = 32
    SIGN_START = 33
    SIGN_DATA = 34
    SIGN_FINISH = 35
    SEND_TRACE_PATH = 36
    SET_DEVICE_PIN = 37
    SET_OTHER_PARAMS = 38
    SEND_TELEMETRY_REQ = 39
    GET_CUSTOM_VARS = 40
    SET_CUSTOM_VAR = 41
    GET_ADVERT_PATH = 42
    GET_TUNING_PARAMS = 43
    SEND_BINARY_REQ = 50
    FACTORY_RESET = 51
    SEND_PATH_DISCOVERY_REQ = 52
    SET_FLOOD_SCOPE_KEY = 54
    SEND_CONTROL_DATA = 55
    GET_STATS = 56
    SEND_ANON_REQ = 57
    SET_AUTOADD_CONFIG = 58
    GET_AUTOADD_CONFIG = 59
    GET_ALLOWED_REPEAT_FREQ = 60
    SET_PATH_HASH_MODE = 61
    SEND_CHANNEL_DATA = 62
    SET_DEFAULT_FLOOD_SCOPE = 63
    GET_DEFAULT_FLOOD_SCOPE = 64
    SEND_RAW_PACKET = 65


class Answer(IntEnum):
    """Byte 0 of what a radio writes in answer to a command."""

    OK = 0x00
    ERR = 0x01
    CONTACTS_START = 0x02
    CONTACT = 0x03
    END_OF_CONTACTS = 0x04
    SELF_INFO = 0x05
    SENT = 0x06
    CONTACT_MSG = 0x07
    CHANNEL_MSG = 0x08
    CURR_TIME = 0x09
    NO_MORE_MESSAGES = 0x0A
    EXPORT_CONTACT = 0x0B
    BATT_AND_STORAGE = 0x0C
    DEVICE_INFO = 0x0D
    PRIVATE_KEY = 0x0E
    DISABLED = 0x0F
    CONTACT_MSG_V3 = 0x10
    CHANNEL_MSG_V3 = 0x11
    CHANNEL_INFO = 0x12
    SIGN_START = 0x13
    SIGNATURE = 0x14
    CUSTOM_VARS = 0x15
    ADVERT_PATH = 0x16
    TUNING_PARAMS = 0x17
    STATS = 0x18
    AUTOADD_CONFIG = 0x19
    ALLOWED_REPEAT_FREQ = 0x1A
    CHANNEL_DATA = 0x1B
    DEFAULT_FLOOD_SCOPE = 0x1C


class Push(IntEnum):
    """Byte 0 of what a radio writes unasked."""

    ADVERT = 0x80
    PATH_UPDATED = 0x81
    SEND_CONFIRMED = 0x82
    MSG_WAITING = 0x83
    RAW_DATA = 0x84
    LOGIN_SUCCESS = 0x85
    LOGIN_FAIL = 0x86
    STATUS_RESPONSE = 0x87
    LOG_RX_DATA = 0x88
    TRACE_DATA = 0x89
    NEW_ADVERT = 0x8A
    TELEMETRY = 0x8B
    BINARY_RESPONSE = 0x8C
    PATH_DISCOVERY = 0x8D
    CONTROL_DATA = 0x8E
    CONTACT_DELETED = 0x8F
    CONTACTS_FULL = 0x90


class ErrorCode(IntEnum):
    """What follows ERR."""

    UNSUPPORTED = 1
    NOT_FOUND = 2
    TABLE_FULL = 3
    BAD_STATE = 4
    FILE_IO = 5
    ILLEGAL_ARGUMENT = 6


_ERROR_WORDS: Final = {
    ErrorCode.UNSUPPORTED: "its firmware does not know this command, or not in this form",
    ErrorCode.NOT_FOUND: "it has no such entry",
    ErrorCode.TABLE_FULL: "its table is full",
    ErrorCode.BAD_STATE: "it is in the middle of something else",
    ErrorCode.FILE_IO: "its storage cannot be read or written",
    ErrorCode.ILLEGAL_ARGUMENT: "it does not allow this value",
}


def error_words(code: int | None) -> str:
    """Say what an error code means; any number gives a sentence without a full stop."""
    if code is None:
        return "it refused without saying why"
    known = next((words for error, words in _ERROR_WORDS.items() if error == code), "")
    return known or f"error {code}, which is not in its protocol's list"


def name_of(code: int, *, to_radio: bool) -> str:
    """Return the reference's word for a first byte; a number in hex where it has none."""
    try:
        if to_radio:
            return Command(code).name
        return Push(code).name if code >= FIRST_PUSH else Answer(code).name
    except ValueError:
        return f"0x{code:02X}"

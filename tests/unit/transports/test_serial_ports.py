"""Serial ports as they are found, and what is said of those that cannot be used."""

from __future__ import annotations

import errno
import grp
import os
import pwd
from pathlib import Path

import pytest

from meshtui.transports import serial_ports, serial_words
from meshtui.transports.serial_ports import Holder, SerialPort, holders, is_serial, list_ports

CP2102 = "usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0"


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A /dev with two gateways, a mouse's port and what is no port."""
    for name in ("ttyUSB10", "ttyUSB2", "ttyACM0", "ttyAMA0", "ttyS0", "tty1", "null"):
        (tmp_path / name).touch()
    by_id = tmp_path / "serial" / "by-id"
    by_id.mkdir(parents=True)
    (by_id / CP2102).symlink_to("../../ttyUSB2")
    (by_id / "usb-Espressif\x1b[31m_JTAG-if00").symlink_to("../../ttyACM0")
    return tmp_path


def test_usb_ports_come_first_and_in_the_order_of_their_numbers(dev: Path) -> None:
    assert list_ports(dev) == [
        SerialPort(f"{dev}/ttyUSB2", True, "Silicon Labs CP2102 USB to UART Bridge …"),
        SerialPort(f"{dev}/ttyUSB10", True),
        SerialPort(f"{dev}/ttyACM0", True, list_ports(dev)[2].label),
        SerialPort(f"{dev}/ttyAMA0", False),
    ]


def test_what_a_device_says_of_itself_cannot_colour_the_screen(dev: Path) -> None:
    assert list_ports(dev)[2].label.isprintable()


def test_a_machine_without_ports_has_none(tmp_path: Path) -> None:
    assert list_ports(tmp_path / "nowhere") == []


def test_a_great_many_ports_are_cut_short(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"ttyUSB{number}").touch()
    assert len(list_ports(tmp_path)) == serial_ports.MAX_PORTS


def test_the_kernel_says_which_devices_are_no_serial_ports(tmp_path: Path) -> None:
    number = Path("/dev/null").stat().st_rdev
    place = tmp_path / "dev" / "char" / f"{os.major(number)}:{os.minor(number)}"
    place.mkdir(parents=True)
    assert is_serial("/dev/null", tmp_path)  # it does not say, as of pseudo-terminals

    for kind in ("mem", "tty"):
        (tmp_path / kind).mkdir()
        (place / "subsystem").unlink(missing_ok=True)
        (place / "subsystem").symlink_to(tmp_path / kind)
        assert is_serial("/dev/null", tmp_path) is (kind == "tty")
    assert not is_serial("/etc/passwd")


def test_who_has_a_device_open_is_read_from_proc(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch()
    (tmp_path / "by-name").symlink_to(device)
    for pid, name, target in (("300", "minicom\n", device), ("20", "bad\x1bname", device)):
        (tmp_path / "proc" / pid / "fd").mkdir(parents=True)
        (tmp_path / "proc" / pid / "fd" / "3").symlink_to(target)
        (tmp_path / "proc" / pid / "comm").write_text(name)
    own = tmp_path / "proc" / str(os.getpid()) / "fd"
    own.mkdir(parents=True)
    (own / "3").symlink_to(device)
    (tmp_path / "proc" / "40").mkdir()  # it has ended, or is somebody else's

    found = holders(str(tmp_path / "by-name"), tmp_path / "proc")

    assert [holder.pid for holder in found] == [20, 300]
    assert found[1] == Holder("minicom", 300)
    assert found[0].name.isprintable()


def test_a_busy_port_names_who_has_it() -> None:
    told = serial_words.busy("/dev/ttyUSB0", [Holder("minicom", 300), Holder("screen", 4)])
    assert str(told) == (
        "/dev/ttyUSB0 is in use by minicom (pid 300) and screen (pid 4); close that first"
    )
    assert not told.is_final
    assert "sudo lsof /dev/ttyUSB0" in str(serial_words.busy("/dev/ttyUSB0", []))


def test_an_absent_port_names_those_that_are_there() -> None:
    ports = [SerialPort("/dev/ttyUSB1", True, "CP2102"), SerialPort("/dev/ttyAMA0", False)]
    told = serial_words.absent("/dev/ttyUSB0", ports)
    assert str(told) == (
        "/dev/ttyUSB0 is not there; the serial ports here are /dev/ttyUSB1 (CP2102), /dev/ttyAMA0"
    )
    many = [SerialPort(f"/dev/ttyUSB{number}", True) for number in range(9)]
    assert serial_words.ports_there(many).endswith("/dev/ttyUSB5 and 3 more")
    assert "is the radio plugged in" in serial_words.ports_there([])


@pytest.mark.parametrize(
    ("error", "words", "is_final"),
    [
        (OSError(errno.ENOENT, "x"), "is not there", False),
        (OSError(errno.EBUSY, "x"), "is in use", False),
        (OSError(errno.EAGAIN, "x"), "is in use", False),
        (OSError(errno.EACCES, "x"), "permission denied", True),
        (OSError("no number: pyserial could not configure it"), "is not a serial port", True),
        (OSError(errno.EMFILE, "x"), "Too many open files", False),
    ],
)
def test_failures(error: OSError, words: str, is_final: bool) -> None:
    told = serial_words.of_failure("/dev/no-such-port", error)
    assert words in str(told)
    assert told.is_final is is_final


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, "the radio was unplugged"),
        (OSError(errno.EIO, "x"), "the radio was unplugged"),
        (OSError(errno.ENXIO, "x"), "the radio was unplugged"),
        (OSError(errno.ENOSPC, "x"), "the port failed (No space left on device)"),
    ],
)
def test_losses(error: OSError | None, words: str) -> None:
    assert serial_words.of_loss(error) == words


def test_a_forbidden_port_says_what_to_type(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch(0o660)
    mine = device.stat().st_gid
    told = serial_words.forbidden(str(device))
    assert told.startswith(f"permission denied for {device}; ")
    if mine != 0:
        assert grp.getgrgid(mine).gr_name in told
    else:
        assert "chmod 666" in told


def test_the_group_of_a_port_is_the_one_to_join(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB0"
    device.touch(0o660)
    group = next((entry for entry in grp.getgrall() if entry.gr_gid and not entry.gr_mem), None)
    if os.geteuid() or group is None:
        pytest.skip("only root gives files away")
    os.chown(device, 0, group.gr_gid)
    device.chmod(0o660)
    name = pwd.getpwuid(os.getuid()).pw_name
    assert serial_ports.how_to_be_permitted(str(device)) == (
        f"join its group, then log in again: sudo usermod -aG {group.gr_name} {name}"
    )
    device.chmod(0o600)
    assert "only its owner" in serial_ports.how_to_be_permitted(str(device))

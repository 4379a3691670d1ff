"""Bytes in, bytes out: the only code that touches hardware or sockets.

Brokers by MQTT; LoRa gateways on a serial port, by Bluetooth or TCP, whose bytes pass unread.
"""

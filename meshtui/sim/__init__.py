"""Meshes without radios: brokers and LoRa channels that are only reckoned, nodes that are real.

One kind runs in virtual time, for figures (`world`, `runs`); one in real time, to be joined:
embedded brokers and their people (`director`), and a simulated air behind a line (`live`).
"""

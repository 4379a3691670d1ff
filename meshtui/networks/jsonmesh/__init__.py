"""The JSON mesh ("MeshCore Protocol v1.0"): secp256k1 and AES-GCM, by MQTT brokers and by LoRa.

On a broker a packet is a JSON envelope on a topic. On radio it is a line of at most 240 bytes: an
envelope, a chunk of one, or its small form, for nodes that announced that they read it.
"""

"""The JSON mesh ("MeshCore Protocol v1.0"): JSON envelopes, secp256k1 and AES-GCM, over MQTT."""

"""Files of packets: reads and writes JSON Lines, pcap and pcapng; knows formats, not networks.

Which link types, and why. No link type is registered for MeshCore or for our JSON, and Wireshark
has no dissector for either, so the choice is what lets it show most without a plug-in:

* A packet of a radio is `LINKTYPE_LORATAP` (270). Wireshark (from 2.6) shows frequency, bandwidth,
  spreading factor, strength, signal-to-noise ratio and sync word by name (`loratap.rssi.packet`),
  and the packet as data. `LINKTYPE_USER0` (147), which others use, would show bare bytes.
* What never was on a radio (JSON over MQTT, frames between a companion radio and its host) is
  `LINKTYPE_WIRESHARK_UPPER_PDU` (252), which names its dissector: `json` or `data`.
* pcapng holds both, each kind on interfaces of its own, and in options what neither can say:
  direction, link, network, topic, figures that LoRaTap would round.
* Classic pcap has one link type a file: LoRaTap where all packets are a radio's; else 252, where a
  radio's packet names the dissector `loratap` and so keeps its figures. Links and topics are lost.

Wireshark shows a strength as -139 dBm + value always; the LoRaTap text counts in quarters where
the ratio is negative, which cannot say more than -76 dBm. We write and read what Wireshark shows.
"""

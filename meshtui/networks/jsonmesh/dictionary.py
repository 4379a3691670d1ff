"""The dictionary that short texts are packed with: what people write on a mesh, commonest last.

Frozen: both sides need the same bytes, so another dictionary is another packing (see `packing`).
"""

from __future__ import annotations

_WORDS = (
    # German and Spanish, the least of them
    "vielen Dank, alles klar, ich bin unterwegs, bis gleich, guten Morgen, gute Nacht, wo bist du? "
    "hast du Empfang? nicht, schon, auch, noch, heute, morgen, kannst du mich hören? ich habe "
    "einen der die das und ist mit von auf für ein nicht zu es wie geht's "
    "buenos días, muchas gracias, hasta luego, estoy en camino, ¿dónde estás? ¿me recibes? está "
    "bien, mañana, ahora, aquí, cómo, qué tal, por favor, para, pero, con los las una del que "
    # radio
    "https://www. .com/ 73 de CQ QSL QTH QRZ copy that, roger, over and out, check in, net "
    "control, emergency, weather, storm, rain, wind, snow, temperature, degrees, altitude, "
    "summit, valley, trail, base camp, shelter, water, food, fuel, power outage, generator, solar "
    "panel, voltage, charging, battery is at repeater, gateway, node, relay, router, channel, "
    "frequency, antenna, signal report, RSSI -1 SNR -  dBm, dB, MHz, packet, hops, range, line of "
    "sight, coverage, Meshtastic, MeshCore, LoRa, mesh network, firmware, update, Bluetooth, USB, "
    "MQTT, internet, phone, bitcoin, sats, lightning, wallet, payment, transaction, address, "
    "received, confirmed, message, test 1 2 3, testing, Hello from the mesh! north, south, east, "
    "west, left, right, bridge, station, parking, hotel, hospital, police, road, street, mountain, "
    "river, lake, forest, village, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, "
    # French
    "bonjour à tous, bonsoir, bonne nuit, bonne journée, salut, ça va? merci beaucoup, de rien, "
    "d'accord, à bientôt, à demain, à tout à l'heure, je suis en route, je suis arrivé, j'arrive "
    "dans 10 minutes, on se retrouve, rendez-vous à la gare, où es-tu? où êtes-vous? tu es où? "
    "quelqu'un me reçoit? est-ce que tu m'entends? je te reçois fort et clair, bien reçu, "
    "aujourd'hui, demain, maintenant, peut-être, parce que, toujours, jamais, encore, déjà, aussi, "
    "quelque chose, il y a, c'est, ce n'est pas, n'ai pas, j'ai, qu'il, nous avons, vous avez, je "
    "ne sais pas, on va, il faut, besoin, peux, veux, fait, être, avoir, avec, pour, dans, sur, "
    "sans, mais, tout, très, plus, moins, les des une est que qui pas le la de en un du au et "
    # English
    "good morning, good night, good luck, happy birthday, congratulations, sorry, please, thanks "
    "a lot, thank you very much, you're welcome, no problem, see you tomorrow, see you later, "
    "talk to you soon, take care, be careful, let me know when you get there, let me know if you "
    "need anything, I'll be there in about 10 minutes, on my way, almost there, just arrived, "
    "running late, where are you now? are you there? can you hear me? anyone out there? anybody "
    "on? did you get my message? I got your message, loud and clear, what time is the meeting? "
    "at the usual place, how are you doing today? everything is fine here, all good, I am at "
    "home, I think that it's working, it doesn't work, I don't know, I can't, I'm not sure, won't, "
    "haven't, didn't, isn't, would be great, should have, could you, want to, going to, trying to, "
    "looking for, waiting for, something, nothing, someone, everyone, anything, people, because, "
    "before, after, again, still, around, another, through, between, about, right now, tonight, "
    "today, tomorrow, yesterday, this morning, this afternoon, this evening, next week, hours, "
    "minutes, don't, there, their, they're, where, which, when, what, while, then, than, them, "
    "some, more, over, back, here, just, like, know, time, good, great, nice, really, yes, yeah, "
    "okay, ok, lol, haha, 👍 😂 ❤️ 🙂 ... !!! ?? :) ;) I'm it's that's we're you're we'll have "
    "has had been was were are not but can will would with from your my our his her they we you "
    "this that is it on at be for of in and to the "
)

CHAT_1 = _WORDS.encode()
"""The dictionary of packing 1."""

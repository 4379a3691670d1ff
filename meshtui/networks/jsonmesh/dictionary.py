"""What people write on a mesh: what packing 1 predicts from (`prediction`) and points back to.

Words and phrases first, then whole messages, each ended by a NUL; English, French, some German and
Spanish. Frozen: both sides need the same bytes, so another text is another packing.
"""

from __future__ import annotations

_WORDS = (
    # what is said everywhere
    "le temps, les gens, la vie, le monde, la femme, un homme, les enfants, mon ami, ma "
    "fille, le fils, la mère, le père, une chose, la tête, la main, le pays, le travail, une "
    "année, la nuit, la fin, l'heure, le matin, la voiture, le train, le prix, un cadeau, le "
    "téléphone, l'argent, la ville, la rue, la porte, une question, une histoire, un "
    "problème, faire, dire, aller, voir, savoir, pouvoir, vouloir, venir, devoir, prendre, "
    "trouver, donner, falloir, parler, mettre, passer, regarder, aimer, croire, demander, "
    "rester, répondre, entendre, penser, connaître, devenir, sentir, tenir, comprendre, "
    "rendre, attendre, sortir, vivre, chercher, perdre, mourir, ouvrir, manger, dormir, "
    "boire, écrire, lire, était, étais, serait, avait, fais, vais, viens, peut, veut, doit, "
    "quand, comment, pourquoi, combien, où, dont, autre, même, petit, grand, beau, bon, "
    "nouveau, vieux, jeune, seul, premier, dernier, mauvais, cher, prêt, sûr, vrai, heureux, "
    "trop, bien, mieux, peu, beaucoup, assez, ensemble, souvent, depuis, pendant, chez, "
    "entre, vers, sous, contre, jusqu'à, avant, après, comme, si, donc, car, ou, ni, leur, "
    "lui, elle, nous, notre, votre, ton, ta, tes, mon, ma, mes, son, sa, ses, ce, cette, ces,"
    " rien, quelque, chaque, tous, toute, toutes, suis, es, sommes, êtes, sont, ai, as, "
    "avons, avez, ont, "
    "the time I saw you, it was about two years ago. people make their own way, then go home "
    "after work every day. which one first? down, under, never, always, often, sometimes, "
    "world, life, hand, part, place, case, week, company, system, program, question, "
    "government, number, point, thing, man, woman, child, family, friend, father, mother, "
    "girl, boy, money, month, book, eye, job, word, business, issue, side, kind, head, far, "
    "black, long, little, other, old, big, high, different, small, large, young, important, "
    "few, public, bad, same, able, become, leave, put, mean, keep, let, begin, seem, show, "
    "talk, turn, start, might, play, run, move, live, believe, happen, include, continue, "
    "set, learn, change, lead, understand, watch, speak, read, spend, grow, open, walk, win, "
    "teach, offer, remember, consider, appear, serve, die, expect, build, stay, fall, cut, "
    "reach, kill, remain, although, until, while, since, against, during, without, within, "
    "however, enough, almost, together, already, ever, once, perhaps, sure, real, free, full,"
    " early, ready, possible, whole, true, available, group, list, page, use, used, using, "
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

_MESSAGES = """\
Vielen Dank!
Guten Morgen, wie geht's?
Gute Nacht, bis morgen
Alles klar, ich bin unterwegs
Wo bist du gerade? Hast du Empfang?
Ich kann dich gut hören, das Signal ist stark
Wir sind in einer halben Stunde da, bis gleich
Ist noch jemand auf dem Kanal? Ja, ich bin hier
Das geht nicht, der Akku ist fast leer und ich habe kein Netz
Ich komme heute Abend nach Hause, kannst du auf mich warten?
Buenos días a todos
Muchas gracias, hasta luego
¿Dónde estás? ¿Me recibes?
Sí, te recibo bien, estoy en camino
Llego en diez minutos, espera por favor
Está bien, nos vemos mañana por la mañana en la plaza
No hay señal aquí, pero la batería está cargada
¿Alguien puede ayudar con el nodo de la casa?
Hola, ¿qué tal? Todo bien por aquí
Salut !
Bonjour, comment ça va ?
Bonsoir à tous
Coucou, ça va et toi ?
Oui, très bien, merci
Non, pas encore
D'accord, à tout à l'heure
Merci pour l'info, bonne journée
Bonne soirée et à bientôt
Je suis en route, j'arrive dans 10 minutes
Je suis à la maison, tu peux passer quand tu veux
Tu es où ? Je t'attends devant l'entrée
On est bien arrivés, tout s'est bien passé
Est-ce que tu me reçois ? Je te reçois très bien
Quelqu'un est là ? Personne ne répond
Test, test, est-ce que ça passe ?
Quel est le niveau de la batterie ? Il reste 50 %
Le signal est faible ici, RSSI -110 dBm et SNR -5 dB
Mon nœud est sur le toit, l'antenne est orientée vers le sud
Le relais est en panne, il faut aller le redémarrer
Il n'y a plus de courant dans le quartier, nous sommes sur batterie
Attention, la route est coupée, il faut faire le tour par le village
On se retrouve demain matin à 9h sur le parking de la gare
Rendez-vous ce soir à 20h chez moi, apportez à boire
Je ne sais pas encore, je vous dis ça demain
Peux-tu m'appeler quand tu as le temps ? C'est important
J'ai besoin d'aide, nous avons un blessé sur le sentier
Les secours sont prévenus, restez où vous êtes
Il pleut beaucoup ici, nous faisons demi-tour avant le sommet
La météo annonce du vent et de la neige pour cette nuit
Qui vient à la réunion de samedi ? Moi, je serai là avec les autres
Désolé, je n'ai pas vu ton message hier soir
Il faut que je te parle de quelque chose, mais pas maintenant
Je pense que c'est une bonne idée, on peut essayer la semaine prochaine
Avec la nouvelle version, la portée est plus grande et ça marche mieux
Elle est partie ce matin et elle revient après le week-end
Nous avons fait quelques essais dans la forêt, sans succès
Pour le moment, tout est calme de ce côté de la vallée
Combien de sauts jusqu'à chez toi ? Trois ou quatre, je crois
Hi
Hello
Hello everyone, good morning!
Hey, how are you?
I'm good, thanks, and you?
Good morning from the mountains
Good night all, talk to you tomorrow
Yes
No
Ok, thanks
Okay, sounds good
Sure, no problem
Thank you very much!
You're welcome
Great, thank you for the help
Sorry, I missed your message
lol
haha that's funny
Nice one! 👍
Thanks! 🙂
Got it, on my way
I'm on my way, be there in 10 minutes
I'll be there in about half an hour
Running late, sorry. Start without me please
Almost there, where are you?
Where are you now? I'm at the parking lot
We are at home, everything is okay
I just got home, the kids are fine
See you later
See you tomorrow at the usual place
See you on Saturday then, have a nice weekend
Let me know when you get there
Let me know if you need anything
Can you call me when you have time?
Do you want to come over for dinner tonight?
What time is the meeting today? It is at 7:30 pm
When will you be back? Probably around 5 or 6
Is anyone there?
Anyone on this channel?
Can you hear me? Yes, loud and clear
Did you get my message? I did not get an answer
Copy that, standing by
Roger that, over and out
Testing, testing, 1 2 3
Just testing the radio, please ignore
This is a test from the new node, can you read me?
How many hops do you see to my node? I see two hops
Signal report: RSSI -95 dBm, SNR 7.5 dB, 3 hops
My battery is at 75% and the solar panel is charging it
The battery is low, I will turn off the device soon
The repeater on the tower is down again, we have to go up there and restart it
The new antenna is much better, range is up to 12 km with line of sight
I put the node on the roof of the house with a 5 dBi antenna
Which firmware version are you running? I have updated to the latest version
Which frequency and channel do you use? We use the default channel on 868 MHz
The gateway is offline, no internet connection here since this morning
Messages are not getting through from the valley, I think the relay has no power
I can see your node on the map now, the position is right
There is no coverage behind the hill, you have to climb a bit higher
We lost the signal for a while but now it's working again
It doesn't work for me, I don't know why. I have tried everything
I think it's a problem with the settings, I'll have a look at it
Did you try to turn it off and on again?
Power is out in the whole town, phones don't work either
The storm is getting closer, stay inside and be careful
It's raining hard and the wind is very strong up here
There's a lot of snow on the pass, the road is closed
Heavy traffic on the main road, take the other way if you can
We need water, food and dry clothes at the shelter
Please send help, one person is injured and can't walk
Help is coming, stay where you are and keep warm
All good here, we will stay at the camp for the night
We reached the summit at noon, the view is great
We're going down now and should be back before dark
The trail is blocked near the river, turn left at the bridge and follow the path
Turn right after the church, the house is on the left side of the street
I left the keys under the door, the red car is in front of the school
Could you bring the cable, a charger and some water?
I would like to buy one, how much is it? About 30 euros
I sent you the money, please check your wallet
I have received the payment, thank you
You can pay me with bitcoin, here is the address
What do you think about it? I'm not sure, maybe next week
I don't have time right now, I'll tell you more about that later
That would be great, I would love to see it
If you want to go there, we could meet at the station before the others come
They said that they were going to be here, but I haven't seen them yet
Has anybody heard from him since yesterday? He was with her this afternoon
I was there last night with some friends and it was really good
Everything is ready for tomorrow, just bring your own tent
We should have more people on the network, it's been very quiet around here
It looks like the weather will be better in the morning, so let's wait for that
Happy new year to all of you!
Take care and stay safe
Welcome to the mesh! Nice to see new people here
Congratulations, that is really good news
What's up?
Who is this?
Why not?
Really?
Maybe
Not yet
Me too
I know
Please wait
Call me
OK
"""

CHAT_1 = ("\0" + _WORDS.replace(", ", "\0") + "\0" + _MESSAGES.replace("\n", "\0")).encode()
"""The text of packing 1. It begins and ends with a NUL."""

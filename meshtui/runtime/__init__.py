"""asyncio: the only tasks, timers and queues, and the door for front ends."""

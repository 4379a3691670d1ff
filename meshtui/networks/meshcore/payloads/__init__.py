"""One file a payload type: what is on the air, and what is inside once it is opened."""

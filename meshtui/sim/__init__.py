"""A mesh without radios: an embedded broker and simulated nodes."""

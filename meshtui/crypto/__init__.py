"""Pure functions over bytes; keys are types whose repr hides them."""

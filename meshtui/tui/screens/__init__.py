"""The screens of the program; they compose widgets and forward."""

"""How state variables are shown and read: one view for each kind of declared type."""

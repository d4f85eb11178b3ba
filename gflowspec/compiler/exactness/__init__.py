"""What stays exact: tables over few values, and the comparisons that rounding may decide."""

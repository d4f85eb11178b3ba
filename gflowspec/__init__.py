"""GFlowSpec."""

"""An existing helpdesk in place of the console: the same gate, redaction, danger and forgetting; its agents answer."""

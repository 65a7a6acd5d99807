"""The sane way to use Amazon SWF: durable workflows written as plain Python programs."""

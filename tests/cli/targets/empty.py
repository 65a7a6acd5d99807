"""Has nothing decorated."""

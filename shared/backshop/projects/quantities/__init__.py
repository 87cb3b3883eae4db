"""How much of what a surface needs: pure, exact, and with the trade's defaults and their
sources."""

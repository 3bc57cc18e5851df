"""Service levels and the people behind them: who reaches what in which band."""

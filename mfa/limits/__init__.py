"""Rate limits, lockouts and the counters behind them."""

"""Protection against SMS pumping: fraudsters who earn on texts to new numbers (PS-05, PS-07)."""

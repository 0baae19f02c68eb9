"""How are we doing? Indicators, boards, and marts for reporting."""

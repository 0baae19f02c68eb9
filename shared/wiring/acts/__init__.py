"""Which acts does the application have, and what is each built with? One module per room."""

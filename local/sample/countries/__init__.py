"""How people are named and where they live, country by country."""

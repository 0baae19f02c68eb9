"""Who comes to which gathering? Sessions, registration, waitlist and check-in."""

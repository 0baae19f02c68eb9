"""What technology keeps the rooms' promises? One flat file per technology."""

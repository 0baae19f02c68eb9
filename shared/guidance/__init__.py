"""What helps a representative act? Accept screen, scripts, macros, quick replies and knowledge."""

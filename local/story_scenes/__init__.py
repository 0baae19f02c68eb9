"""The scenes of the story, one file per flow."""

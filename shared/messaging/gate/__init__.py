"""May this message go now? One file per check, and the order in which they are asked."""

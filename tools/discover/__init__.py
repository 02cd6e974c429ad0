"""What the two databases hold: catalogue, profiles and candidate matches."""

"""What the commands do. `ferryman.cli` names them and their options, and imports each of these when it is called."""

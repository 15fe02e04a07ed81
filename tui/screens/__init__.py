"""What fills the terminal: the catalogue, the lab, and the dialogs above them."""

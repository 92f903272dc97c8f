"""What clips show: cards, boards of references, callers' pictures and footage, and the lettering on them."""

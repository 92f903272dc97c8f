"""What scenarios are made of. Everything is drawn before the first one runs, so that a seed makes a campaign."""

"""Where records lie: memory now, a shared store later."""

"""The parts of the driver: the world it asks for, the play of a scenario, what is gathered afterwards."""

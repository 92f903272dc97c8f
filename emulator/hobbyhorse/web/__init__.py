"""HTTP: the front, the routes, the result origin, the control API, the sockets."""

"""What the suites stand on: the server as a process, a signer of our own, raw sockets, the command line."""

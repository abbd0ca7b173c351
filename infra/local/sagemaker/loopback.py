"""Brings up the loopback interface of an empty network namespace; run by the container's set-up."""

import fcntl
import socket
import struct

SIOCSIFFLAGS = 0x8914  # linux/sockios.h
IFF_UP = 0x1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    fcntl.ioctl(probe.fileno(), SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))

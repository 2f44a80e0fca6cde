"""A file system that gives no single blocks back, as FAT or an old NFS: the kernel answers so to one process and its
children, whatever lies under them, by a seccomp filter on `fallocate` with FALLOC_FL_PUNCH_HOLE.
"""

import ctypes
import errno
import platform
import struct

# Of linux/audit.h and of the tables of system calls.
MACHINES = {"x86_64": (0xC000003E, 285), "aarch64": (0xC00000B7, 47)}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD, EQUALS, HAS_BITS, ANSWER = 0x20, 0x15, 0x45, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
PUNCH_HOLE = 2
# Where struct seccomp_data has them; the second argument's lower half.
NUMBER, ARCHITECTURE, MODE = 0, 4, 24


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def filter_of(architecture, fallocate):
    """In order: (code, jump if true, jump if false, operand)."""
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUALS, 0, 5, architecture),
        (LOAD, 0, 0, NUMBER),
        (EQUALS, 0, 3, fallocate),
        (LOAD, 0, 0, MODE),
        (HAS_BITS, 0, 1, PUNCH_HOLE),
        (ANSWER, 0, 0, FAIL | errno.EOPNOTSUPP),
        (ANSWER, 0, 0, ALLOW),
    ]


def is_possible():
    return platform.machine() in MACHINES


def forbid():
    """From now on, for this process. To be called in the child, before it becomes the server."""
    steps = filter_of(*MACHINES[platform.machine()])
    packed = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(packed))
    libc = ctypes.CDLL(None, use_errno=True)
    for command in [
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ]:
        if libc.prctl(*command):
            raise OSError(ctypes.get_errno(), "no filter for system calls")

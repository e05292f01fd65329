"""What a process listens on, as the system tells it."""

import pathlib
import re

LOOPBACK = "0100007F"  # 127.0.0.1


def listening_addresses(pid):
    """Local addresses of the process's listening TCP sockets, in hex as /proc has them."""
    folder = pathlib.Path(f"/proc/{pid}")
    targets = [link.readlink() for link in (folder / "fd").iterdir()]
    inodes = {found[1] for found in (re.match(r"socket:\[(\d+)\]", str(t)) for t in targets) if found}
    addresses = []
    for table in ("tcp", "tcp6"):
        for line in (folder / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
            row = line.split()
            if row[3] == "0A" and row[9] in inodes:
                addresses.append(row[1].split(":")[0])
    return addresses

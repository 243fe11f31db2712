"""DICOM wire helpers: worklist query, performed procedure step, no Django.

Importing the package sets the libraries' process-wide switches. Both write values of
the datasets they handle (names, birth dates) into log lines and warning texts, and
patient data must never reach a log.

pynetdicom also leaves a socket open whose shutdown() fails because the peer was
faster, on both sides of an association: one descriptor for every refused peer.
"""

from __future__ import annotations

import contextlib
import logging
import socket

from pydicom import config as pydicom_config
from pynetdicom import _config as pynetdicom_config
from pynetdicom.transport import AssociationSocket

pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
pynetdicom_config.LOG_HANDLER_LEVEL = "none"
pynetdicom_config.LOG_REQUEST_IDENTIFIERS = False
pynetdicom_config.LOG_RESPONSE_IDENTIFIERS = False
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)


def _shut_and_close(self: AssociationSocket) -> None:
    connection = self.socket
    if connection is None:
        return
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


AssociationSocket._shutdown_socket = _shut_and_close  # type: ignore[method-assign]

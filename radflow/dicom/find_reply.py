"""C-FIND pending responses straight to the socket (PS3.7 9.3.2.2, PS3.8 9.3.5).

The stock path builds five objects and re-encodes the command set for every match. Here
the command set is encoded once per query, and a response is one write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from radflow.dicom.encoding import padded, to_bytes

_C_FIND_RSP = 0x8020
_HAS_DATASET = 0x0001
_COMMAND_LAST = b"\x03"
_DATA_MORE = b"\x00"
_DATA_LAST = b"\x02"
# Length and context id before, and control byte at the start of, each fragment.
_PDV_OVERHEAD = 6
_SMALLEST_PDU = 128
_US = struct.Struct("<H")
_UL = struct.Struct("<I")
_PDU_AND_PDV = struct.Struct(">BBIIB")


class PendingResponses:
    """The responses to one C-FIND request on one presentation context."""

    def __init__(
        self, *, sop_class_uid: str, message_id: int, context_id: int, max_pdu: int
    ) -> None:
        if 0 < max_pdu < _SMALLEST_PDU:
            raise ValueError("the peer's maximum PDU length is unusable")
        self._sop_class_uid = sop_class_uid
        self._message_id = message_id
        self._context_id = context_id
        self._max_fragment = max_pdu - _PDV_OVERHEAD if max_pdu else 1 << 30
        self._commands: dict[int, bytes] = {}

    def pdus(self, dataset: bytes, status: int) -> bytes:
        """The P-DATA-TF PDUs of one response: the command, then the dataset."""
        return self._command(status) + b"".join(self._data(dataset))

    def _command(self, status: int) -> bytes:
        if status not in self._commands:
            self._commands[status] = self._pdu(
                _COMMAND_LAST, self._encode_command(status)
            )
        return self._commands[status]

    def _encode_command(self, status: int) -> bytes:
        uid = padded(self._sop_class_uid.encode("ascii"), "UI")
        elements = to_bytes(
            (
                (0x00000002, "UI", uid),
                (0x00000100, "US", _US.pack(_C_FIND_RSP)),
                (0x00000120, "US", _US.pack(self._message_id)),
                (0x00000800, "US", _US.pack(_HAS_DATASET)),
                (0x00000900, "US", _US.pack(status)),
            ),
            implicit_vr=True,
        )
        length = to_bytes(
            ((0x00000000, "UL", _UL.pack(len(elements))),), implicit_vr=True
        )
        return length + elements

    def _data(self, dataset: bytes) -> Iterator[bytes]:
        step = self._max_fragment
        for start in range(0, len(dataset), step):
            is_last = start + step >= len(dataset)
            yield self._pdu(
                _DATA_LAST if is_last else _DATA_MORE, dataset[start : start + step]
            )

    def _pdu(self, control: bytes, fragment: bytes) -> bytes:
        pdv_length = len(fragment) + 2
        header = _PDU_AND_PDV.pack(
            0x04, 0, pdv_length + 4, pdv_length, self._context_id
        )
        return header + control + fragment

"""A real archive beside the tests: Orthanc, in a folder of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import httpx

from tests.e2e.clients import wait_for
from tests.instance import free_ports

PROGRAM = "/usr/sbin/Orthanc"
DICOMWEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"


class Orthanc:
    """`with Orthanc() as archive:` answers DICOM at `port`, its own REST at `url`.

    DICOMweb is there where its plugin is. `reports_to` is the port of RADFLOW, which
    hears of storage commitments that were asked for in its name.
    """

    ae_title = "ORTHANC"

    def __init__(self, reports_to: int) -> None:
        self.port, http = free_ports(2)
        self.url = f"http://127.0.0.1:{http}"
        self.web = f"{self.url}/dicom-web" if Path(DICOMWEB).exists() else ""
        radflow = {
            "AET": "RADFLOW",
            "Host": "127.0.0.1",
            "Port": reports_to,
            "AllowStorageCommitment": True,
        }
        self._folder = tempfile.TemporaryDirectory(prefix="orthanc-")
        folder = Path(self._folder.name)
        self._settings = folder / "orthanc.json"
        self._settings.write_text(
            json.dumps(
                {
                    "Name": "tests",
                    "StorageDirectory": str(folder / "storage"),
                    "IndexDirectory": str(folder / "index"),
                    "HttpPort": http,
                    "DicomPort": self.port,
                    "DicomAet": self.ae_title,
                    "DicomAlwaysAllowFind": True,
                    "DicomAlwaysAllowStore": True,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "DicomModalities": {"radflow": radflow},
                    "Plugins": [DICOMWEB] if self.web else [],
                }
            )
        )

    def __enter__(self) -> Orthanc:
        self._process = subprocess.Popen(
            [PROGRAM, str(self._settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for("Orthanc answers", self._is_up)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._folder.cleanup()

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/system").is_success
        except httpx.TransportError:
            return False

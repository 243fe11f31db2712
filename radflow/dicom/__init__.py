"""DICOM wire helpers: worklist query, performed procedure step, no Django.

Importing the package sets the libraries' process-wide switches. Both write values of
the datasets they handle (names, birth dates) into log lines and warning texts, and
patient data must never reach a log.
"""

from __future__ import annotations

import logging

from pydicom import config as pydicom_config
from pynetdicom import _config as pynetdicom_config

pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
pynetdicom_config.LOG_HANDLER_LEVEL = "none"
pynetdicom_config.LOG_REQUEST_IDENTIFIERS = False
pynetdicom_config.LOG_RESPONSE_IDENTIFIERS = False
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)

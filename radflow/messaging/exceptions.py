from __future__ import annotations


class Parked(Exception):
    """This message cannot be applied without a human; the text says what to do.

    Rolls the transaction back; the message goes to the exceptions queue. `code` is
    one of standards.md section 14 (`UNKNOWN_ORDER`, ...) or of table 0357. Texts
    hold no patient data.
    """

    def __init__(self, code: str, text: str, location: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.location = location

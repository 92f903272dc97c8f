"""What a campaign is told as: in a terminal, as JUnit XML, as a certificate, as an HTML page, as a badge.

A last fence before anything is written: what looks like a key is replaced, what controls a terminal is made visible.
"""

from .certificate import Certificate, certificate
from .folder import write_reports
from .journal import judge_journal
from .terminal import Ticker, told
from .verify import Verified, verify

__all__ = ["Certificate", "Ticker", "Verified", "certificate", "judge_journal", "told", "verify", "write_reports"]

"""What a campaign is told as: in a terminal, as JUnit XML, as a certificate, as an HTML page, as a badge."""

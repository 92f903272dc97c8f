"""From pictures and tones to an MP4: H.264, AAC, the container, and prepared clips."""

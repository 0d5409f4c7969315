"""What is uploaded, and with which packages."""

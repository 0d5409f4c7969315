"""The local stack: emulators, stand-ins for services without an emulator, and the command that starts them."""

"""Google's Firestore emulator, with its documents kept on disk: it holds them in memory only."""

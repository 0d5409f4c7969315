"""The estimate as a spreadsheet with live formulas, held to the model by tests/economics/test_spreadsheet.py."""

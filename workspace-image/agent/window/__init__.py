"""The member's window: open tabs, layout, extensions' state and sign-ins, kept in the home so that they roam."""

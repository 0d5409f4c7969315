"""Mail: what Ondol writes to people, in Korean and English, and how it is sent."""

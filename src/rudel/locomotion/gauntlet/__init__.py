"""The gauntlet: how hard a terrain a policy passes, and how well it moves there, by a published protocol."""

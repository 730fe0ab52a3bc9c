"""Where the robot is, what it can walk on, the way there, and the twist that follows it. Imports rudel.core only."""

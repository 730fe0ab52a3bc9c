"""rudel: an autonomy stack for robot dogs that runs on an ordinary laptop."""

__version__ = "0.1.0"

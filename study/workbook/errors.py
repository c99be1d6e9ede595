"""Why an answer could not be kept. Each has a key: its sentence stands in app.yaml under workbook.unkept."""


class Unkept(Exception):
    """What was to be kept was not. Nothing that was kept before is changed."""

    key = "other"


class Locked(Unkept):
    """Another program holds the file for longer than we wait."""

    key = "locked"


class Damaged(Unkept):
    """The file is no workbook, or not a whole one. It is left as it is until the reader has set_aside() called."""

    key = "damaged"


class Full(Unkept):
    """The disk has no room left."""

    key = "full"


class ReadOnly(Unkept):
    """The file or its folder may not be written."""

    key = "read_only"


class Unreachable(Unkept):
    """The database server does not answer, or the file cannot be read from its disk."""

    key = "unreachable"


class Newer(Unkept):
    """A newer release of this app wrote the file: this one does not touch it."""

    key = "newer"


class TooLong(Unkept):
    """The text has more characters than are kept."""

    key = "too_long"


class NotABackup(Unkept):
    """The file to merge is not one that Workbook.backup wrote."""

    key = "no_backup"
